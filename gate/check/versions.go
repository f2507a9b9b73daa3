package check

import (
	"fmt"
	"strconv"
	"strings"

	goversion "github.com/hashicorp/go-version"

	"github.com/dify-gate/dify-gate/gate/internal/lazyregexp"
)

var versionWord = lazyregexp.New(`^v?\d+(\.\d+)*$`)

// VersionMistake wants a version as digits and dots, or none.
func VersionMistake(path, version string) []Mistake {
	if version == "" || versionWord().MatchString(version) {
		return nil
	}
	return []Mistake{Mistakef(path, `%s %q: want digits and dots, like "6.0"`, path, version)}
}

// leadingVersion matches what a server's version begins with: "15.4 (Debian…",
// "10.11.19-MariaDB", "v1.27.0".
var leadingVersion = lazyregexp.New(`^\D{0,3}(\d+(?:\.\d+)*)`)

// OlderThan compares server versions number by number; what is no version is
// older than nothing.
func OlderThan(have, want string) bool {
	h, w := leadingVersion().FindStringSubmatch(have), leadingVersion().FindStringSubmatch(want)
	if h == nil || w == nil {
		return false
	}
	a, b := strings.Split(h[1], "."), strings.Split(w[1], ".")
	for i := range b {
		x := 0
		if i < len(a) {
			x, _ = strconv.Atoi(a[i])
		}
		if y, _ := strconv.Atoi(b[i]); x != y {
			return x < y
		}
	}
	return false
}

// Minimum is a version that a product must have at least, and who says so.
type Minimum struct{ Version, By string }

func (m Minimum) String() string {
	if m.By == "" {
		return m.Version + " or newer"
	}
	return fmt.Sprintf("%s or newer (%s)", m.Version, m.By)
}

// Satisfies compares the release part alone: go-version lets a pre-release meet
// a range only when the range has one too. What is no version meets nothing.
func Satisfies(version, want string) bool {
	v, err := goversion.NewVersion(version)
	if err != nil {
		return false
	}
	c, err := goversion.NewConstraint(want)
	return err == nil && (c.Check(v) || v.Prerelease() != "" && c.Check(justBefore(v)))
}

// justBefore is a version between those before v and v itself, where its
// pre-release stands; go-version lets none into a range that names none.
func justBefore(v *goversion.Version) *goversion.Version {
	s := v.Segments64()
	i := len(s) - 1
	for i > 0 && s[i] == 0 {
		i--
	}
	if s[i] == 0 {
		return v // nothing is before 0.0.0
	}
	s[i]--
	text := make([]string, 0, len(s)+1)
	for _, n := range s[:i+1] {
		text = append(text, strconv.FormatInt(n, 10))
	}
	before, err := goversion.NewVersion(strings.Join(append(text, "999999"), "."))
	if err != nil {
		return v
	}
	return before
}
