package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// Target reads the version that the operator's directory deploys from the tags
// of Dify's own images. Both are "" without a directory or a readable tag; source
// says where the version stands.
func (e *Env) Target() (version, source string) {
	d, err := e.Deployment()
	if err != nil {
		return "", "" // the checks that read the directory say why
	}
	best, all := declared(d)
	if best.count == 0 {
		return "", ""
	}
	place := best.first.Place
	place.File = ShowPath(e, place.File)
	source = fmt.Sprintf("image %s:%s in %s", best.first.Name, best.first.Tag, place)
	if best.count < all {
		source += fmt.Sprintf(", as %d of %d images of Dify", best.count, all)
	}
	return best.first.Tag, source
}

// Adopted reports whether the operator's files have the target's images.
func Adopted(d *deployment.Deployment, to string) bool {
	best, _ := declared(d)
	return best.count > 0 && strings.TrimPrefix(best.first.Tag, "v") == strings.TrimPrefix(to, "v")
}

// ballot are the images that have one version.
type ballot struct {
	version changelog.Version
	first   deployment.Image
	count   int
	pinned  bool // all of them stand in files laid over the first
}

// declared is the version that most images of the api, its workers and the web
// front end have, and the number of all of them. A pinned one does not decide: of
// two that are as many, and where all images of the majority stand in an override
// and others do not, the newer counts, for it is what the files were last changed
// to.
func declared(d *deployment.Deployment) (best ballot, all int) {
	var ballots []ballot
	for _, image := range difysImages(d) {
		v, err := changelog.ParseVersion(image.Tag)
		if err != nil {
			continue
		}
		all++
		over := slices.Index(d.ComposeFiles, image.File) > 0
		i := slices.IndexFunc(ballots, func(b ballot) bool { return b.version.Compare(v) == 0 })
		if i < 0 {
			ballots = append(ballots, ballot{version: v, first: image, count: 1, pinned: over})
			continue
		}
		ballots[i].count++
		ballots[i].pinned = ballots[i].pinned && over
	}
	for _, b := range ballots {
		if best.count == 0 || b.beats(best) {
			best = b
		}
	}
	return best, all
}

// beats reports whether b rather than o is what the files deploy.
func (b ballot) beats(o ballot) bool {
	doubtful := b.count == o.count
	if b.count > o.count {
		doubtful = b.pinned && !o.pinned
	} else if o.count > b.count {
		doubtful = o.pinned && !b.pinned
	}
	if doubtful {
		return b.version.Compare(o.version) > 0
	}
	return b.count > o.count
}

// difysImages are those whose tag is Dify's version: of the services that start,
// of all where none does; the api's first.
func difysImages(d *deployment.Deployment) []deployment.Image {
	var api, web []deployment.Image
	for _, active := range []bool{true, false} {
		for _, image := range d.Images {
			switch name := image.Name[strings.LastIndexByte(image.Name, '/')+1:]; {
			case image.Active != active:
			case name == "dify-api":
				api = append(api, image)
			case name == "dify-web":
				web = append(web, image)
			}
		}
		if len(api)+len(web) > 0 {
			break
		}
	}
	return append(api, web...)
}
