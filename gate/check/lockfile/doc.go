// Package lockfile holds the kind lockfile: it checks what a lockfile of npm,
// Yarn, pnpm or uv would install.
//
// A run parses the file and compares, in this order:
//
//	lockfile.go    each entry's hash, its address and its version; the manifest
//	online.go      with online: true, the hashes with the registry's
//	advisories.go  with advisories: true, the versions with the registry's advisories
//
// The last two send requests to the registry that the file names, and nowhere
// else. rules.go holds the rules. The formats are those of
// gate/internal/lockfile.
package lockfile
