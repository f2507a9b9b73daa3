package lockfile

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// digestSizes are the lengths of the algorithms' digests in bytes, the
// strongest first.
var digestSizes = []struct {
	name string
	size int
}{{"sha512", 64}, {"sha384", 48}, {"sha256", 32}, {"sha1", 20}, {"md5", 16}}

// setHash takes over a hash in Subresource Integrity form (several may stand
// side by side; the strongest counts) and notes what is wrong with it.
func (p *Package) setHash(integrity string) {
	p.Integrity = integrity
	best := len(digestSizes)
	for _, one := range strings.Fields(integrity) {
		algorithm, encoded, _ := strings.Cut(one, "-")
		rank := rankOf(algorithm)
		if rank < 0 {
			p.BadHash = fmt.Sprintf("the hash %q is of no known algorithm", clip(one))
			continue
		}
		encoded, _, _ = strings.Cut(encoded, "?")
		digest, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(digest) != digestSizes[rank].size {
			p.BadHash = fmt.Sprintf("the %s hash is cut or damaged (%d characters)", algorithm, len(encoded))
			continue
		}
		best = min(best, rank)
	}
	if best < len(digestSizes) {
		p.Algorithm, p.BadHash = digestSizes[best].name, ""
	}
}

// setHex takes over a hash of a given algorithm in hexadecimal.
func (p *Package) setHex(algorithm, digest, written string) {
	p.Integrity = written
	rank := rankOf(algorithm)
	raw, err := hex.DecodeString(digest)
	switch {
	case rank < 0:
		p.BadHash = fmt.Sprintf("the hash %q is of no known algorithm", clip(written))
	case err != nil || len(raw) != digestSizes[rank].size:
		p.BadHash = fmt.Sprintf("the %s hash is cut or damaged (%d characters)", algorithm, len(digest))
	default:
		p.Algorithm = algorithm
	}
}

func rankOf(algorithm string) int {
	for i, d := range digestSizes {
		if d.name == algorithm {
			return i
		}
	}
	return -1
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
