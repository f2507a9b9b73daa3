// Package lockfile reads the lockfiles of npm (package-lock.json and
// npm-shrinkwrap.json, versions 1 to 3), Yarn (classic 1, berry 4 to 8), pnpm
// (lockfileVersion 5 to 9) and uv (uv.lock version 1), each by its own grammar,
// into one list of packages with their places. It knows no rules.
//
//	Parse(name, data) ──▶ File{Format, Packages, Wanted}   or SyntaxError, UnsupportedError
//	ParseManifest(name, data) ──▶ Manifest{Wanted}
//
// A file that is cut off usually still parses as YAML or as Yarn's own format;
// so every reference inside of a file has to lead to an entry, else it is a
// SyntaxError.
package lockfile
