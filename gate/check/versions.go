package check

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var versionWord = regexp.MustCompile(`^v?\d+(\.\d+)*$`)

// versionMistake wants a version as digits and dots, or none.
func versionMistake(path, version string) []Mistake {
	if version == "" || versionWord.MatchString(version) {
		return nil
	}
	return []Mistake{mistake(path, `%s %q: want digits and dots, like "6.0"`, path, version)}
}

// leadingVersion matches what a server's version begins with: "15.4 (Debian…",
// "10.11.19-MariaDB", "v1.27.0".
var leadingVersion = regexp.MustCompile(`^\D{0,3}(\d+(?:\.\d+)*)`)

// olderThan compares server versions number by number; what is no version is
// older than nothing.
func olderThan(have, want string) bool {
	h, w := leadingVersion.FindStringSubmatch(have), leadingVersion.FindStringSubmatch(want)
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

// minimum is a version that a product must have at least, and who says so.
type minimum struct{ version, by string }

func (m minimum) String() string {
	if m.by == "" {
		return m.version + " or newer"
	}
	return fmt.Sprintf("%s or newer (%s)", m.version, m.by)
}
