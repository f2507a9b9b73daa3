package dify

import (
	"slices"
	"strings"
)

// BadPair is a version of a service that a release does not work with, although
// no older one is asked for, or even its own compose file has it.
type BadPair struct {
	Service  string   // as Dify calls it
	Versions []string // of the service, without a suffix like -local
	Releases []string // of Dify
	Use      string   // the oldest version that works
	Why      string
	Source   string
}

// badPairs are those that became known after the releases. They are no facts of
// a release's files, so they stand here and not in the catalogue.
var badPairs = []BadPair{{
	Service: "plugin_daemon", Versions: []string{"0.6.3"}, Releases: []string{"1.16.1"}, Use: "0.6.10",
	Why:    "it answers 404 to /management/<category>/list, which this release calls, although the release's compose file pins it",
	Source: "langgenius/dify#40683",
}}

// KnownBad reports whether a service's version is known not to work with a
// release of Dify.
func KnownBad(release, service, version string) (BadPair, bool) {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "-")
	for _, p := range badPairs {
		if p.Service == service && slices.Contains(p.Versions, version) && slices.Contains(p.Releases, strings.TrimPrefix(release, "v")) {
			return p, true
		}
	}
	return BadPair{}, false
}
