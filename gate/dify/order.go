package dify

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

var versionForm = lazyregexp.New(`^\d{1,9}\.\d{1,9}(\.\d{1,9})?(-[0-9A-Za-z][0-9A-Za-z.-]{0,40})?$`)

// IsVersion reports whether a text has the form of a release's tag, without a
// leading v.
func IsVersion(text string) bool { return versionForm().MatchString(text) }

// isPre reports whether a tag is one of a pre-release.
func isPre(version string) bool {
	_, suffix, ok := strings.Cut(version, "-")
	return ok && !strings.HasPrefix(suffix, "fix")
}

// before orders tags as Dify means them: a -fix comes after its release, any
// other suffix before.
func before(a, b string) bool {
	x, y := sortKey(a), sortKey(b)
	for i := range x {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return a < b
}

func sortKey(version string) [5]int {
	core, suffix, _ := strings.Cut(version, "-")
	var k [5]int
	for i, part := range strings.SplitN(core, ".", 3) {
		k[i], _ = strconv.Atoi(part)
	}
	switch {
	case strings.HasPrefix(suffix, "fix"):
		k[3] = 1
	case suffix != "":
		k[3] = -1
	}
	k[4], _ = strconv.Atoi(strings.TrimLeft(suffix, "abcdefghijklmnopqrstuvwxyz."))
	return k
}

// InOrder sorts facts by release, oldest first; of several of one release the
// last one counts.
func InOrder(list []*Facts) []*Facts {
	var out []*Facts
	for _, f := range list {
		if i := slices.IndexFunc(out, func(o *Facts) bool { return o.Version == f.Version }); i >= 0 {
			out[i] = f
			continue
		}
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b *Facts) int {
		switch {
		case before(a.Version, b.Version):
			return -1
		case before(b.Version, a.Version):
			return 1
		}
		return 0
	})
	return out
}
