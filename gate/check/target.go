package check

import (
	"fmt"
	"strings"

	"github.com/dify-gate/dify-gate/changelog"
)

// Target reads the version that the operator's directory deploys from the tag
// of its api image. Both are "" without a directory or a readable tag; source
// says where the version stands.
func (e *Env) Target() (version, source string) {
	d, err := e.Deployment()
	if err != nil {
		return "", "" // the checks that read the directory say why
	}
	for _, image := range d.Images {
		if image.Name != "dify-api" && !strings.HasSuffix(image.Name, "/dify-api") {
			continue
		}
		if _, err := changelog.ParseVersion(image.Tag); err == nil {
			place := image.Place
			place.File = ShowPath(e, place.File)
			return image.Tag, fmt.Sprintf("image %s:%s in %s", image.Name, image.Tag, place)
		}
	}
	return "", ""
}
