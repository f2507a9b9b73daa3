package release

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
)

// images compares the declared images with those of the target, one finding
// for each image, however many services use it.
func (r *upgradeRun) images() {
	want := r.wantedTags()
	type group struct {
		all    []deployment.Image
		others []deployment.Place
		users  []string
	}
	tags := &retagger{d: r.d}
	groups := map[string]*group{}
	var order []string
	for _, i := range r.d.Images {
		if _, known := want[repository(i.Name)]; !known || !i.Active {
			continue
		}
		key := i.Name + ":" + i.Tag
		if g := groups[key]; g != nil {
			g.all, g.others, g.users = append(g.all, i), append(g.others, i.Place), append(g.users, i.Service)
			continue
		}
		groups[key] = &group{all: []deployment.Image{i}, users: []string{i.Service}}
		order = append(order, key)
	}
	for _, key := range order {
		g := groups[key]
		if f, tag := r.image(g.all[0], want[repository(g.all[0].Name)], strings.Join(g.users, ", "), g.others); f != nil {
			f.Edits, f.Unfixed = tags.retag(g.all, tag)
		}
	}
	r.minimums()
}

// repository is an image's name without registry and owner, for mirrors.
func repository(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// wantedTags maps Dify's own images to the tags that go with the target. The
// api's and the web front end's are the target itself, also when the catalogue
// does not know it; no tag is known of the others then.
func (r *upgradeRun) wantedTags() map[string]string {
	to := strings.TrimPrefix(r.env.To, "v")
	out := map[string]string{}
	for _, s := range r.To.Services() {
		name, tag := deployment.SplitImage(s.Image)
		if !strings.HasPrefix(name, "langgenius/") {
			continue
		}
		switch {
		case tag == r.To.Version():
			tag = to
		case !r.To.Exact:
			tag = "" // of another release: no demand of this one
		}
		out[repository(name)] = tag
	}
	return out
}

// serviceOfImage is the service that one of Dify's images is for.
func serviceOfImage(name string) string {
	return strings.ReplaceAll(strings.TrimPrefix(repository(name), "dify-"), "-", "_")
}

// image compares one image with the wanted tag. It returns the finding with the tag to
// set; nil where there is none, or where it is not sure that the tag is to be changed.
func (r *upgradeRun) image(i deployment.Image, want, users string, others []deployment.Place) (f *gate.Finding, tag string) {
	if pair, bad := dify.KnownBad(r.env.To, serviceOfImage(i.Name), i.Tag); bad {
		f = r.add(ruleUpgradeVersionSkew, i.Name, fmt.Sprintf("%s:%s is set for %s; use %s-local or newer with Dify %s: %s (%s)", i.Name, i.Tag, users, pair.Use, r.env.To, pair.Why, pair.Source),
			fmt.Sprintf("set the tag to %s-local", pair.Use), i.Place, others...)
		return f, pair.Use + "-local"
	}
	if want == "" || strings.TrimPrefix(i.Tag, "v") == strings.TrimPrefix(want, "v") {
		return nil, ""
	}
	have, err := changelog.ParseVersion(strings.TrimSuffix(i.Tag, "-local"))
	wanted, errWanted := changelog.ParseVersion(strings.TrimSuffix(want, "-local"))
	if i.Tag == "" || err != nil || errWanted != nil {
		shown := i.Tag
		if shown == "" {
			shown = "no tag"
		}
		f = r.add(ruleUpgradeVersionUnknown, i.Name, fmt.Sprintf("%s of %s has the tag %q, which is not a version; Dify %[5]s needs %[4]s", i.Name, users, shown, want, r.env.To),
			"pin the image to the release's tag", i.Place, others...)
		if i.Tag != "" && i.Tag != "latest" {
			f.Unfixed = "the tag may be that of an image of your own: build it from " + want + ", or set that tag"
			return nil, ""
		}
		return f, want
	}
	newer := have.Compare(wanted) > 0
	f = r.add(ruleUpgradeVersionSkew, i.Name, fmt.Sprintf("%s:%s is set for %s; with Dify %[5]s you want %[4]s", i.Name, i.Tag, users, want, r.env.To),
		fmt.Sprintf("set the tag to %s", want), i.Place, others...)
	if newer && want != strings.TrimPrefix(r.env.To, "v") {
		f.Severity = gate.Warning // a hotfix of a side service is often newer
		f.Unfixed = "a newer tag of a side service may be meant"
		return nil, ""
	}
	return f, want
}

// minimums reports stores that are too old for the target.
func (r *upgradeRun) minimums() {
	for _, i := range r.d.Images {
		m, ok := r.To.Minimum(repository(i.Name))
		have, err := changelog.ParseVersion(strings.TrimSuffix(i.Tag, "-alpine"))
		if !ok || !i.Active || err != nil {
			continue
		}
		if want, err := changelog.ParseVersion(m.Version); err == nil && have.Compare(want) < 0 {
			r.add(ruleUpgradeVersionSkew, i.Service, fmt.Sprintf("%s:%s is set for %s; Dify %[5]s needs %[4]s or newer", i.Name, i.Tag, i.Service, m.Version, r.env.To),
				"back it up and upgrade it first", i.Place)
		}
	}
}
