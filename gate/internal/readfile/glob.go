package readfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// maxMatches bounds what a pattern may list.
const maxMatches = 100_000

// Glob lists what a pattern matches, sorted, as filepath.Glob does; links to nothing
// too. What filepath.Glob passes over in silence is an error here: a folder that is
// there and may not be read. A pattern that matches nothing gives an empty list.
func Glob(pattern string) ([]string, error) {
	if _, err := filepath.Match(pattern, ""); err != nil {
		return nil, &Error{pattern, Failed, "not a pattern: a [ without its ], or a \\ at the end", err}
	}
	return glob(pattern, 0)
}

// maxParts bounds how many folders of a path may hold wildcards.
const maxParts = 64

func glob(pattern string, depth int) ([]string, error) {
	if depth > maxParts {
		return nil, &Error{pattern, Failed, "a pattern of too many folders", nil}
	}
	if !hasMeta(pattern) {
		_, err := os.Lstat(pattern)
		if absent(err) {
			return nil, nil
		}
		if err != nil {
			return nil, failed(pattern, err)
		}
		return []string{pattern}, nil
	}
	dir, file := filepath.Split(pattern)
	dir = cleanDir(dir)
	dirs := []string{dir}
	if hasMeta(dir) {
		var err error
		if dirs, err = glob(dir, depth+1); err != nil {
			return nil, err
		}
	}
	var out []string
	for _, d := range dirs {
		found, err := globIn(d, file)
		if err != nil {
			return nil, err
		}
		if out = append(out, found...); len(out) > maxMatches {
			return nil, &Error{pattern, TooLarge, "matches too many files", nil}
		}
	}
	slices.Sort(out)
	return out, nil
}

// globIn lists what matches in one folder. What is no folder has nothing in it.
func globIn(dir, pattern string) ([]string, error) {
	info, err := os.Stat(dir)
	if absent(err) || err == nil && !info.IsDir() {
		return nil, nil
	}
	if err != nil {
		return nil, failed(dir, err)
	}
	if !hasMeta(pattern) {
		return glob(filepath.Join(dir, pattern), 0)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, failed(dir, err)
	}
	var out []string
	for _, e := range entries {
		if ok, _ := filepath.Match(pattern, e.Name()); ok { // Glob has looked at the pattern
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	return out, nil
}

func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) }

func hasMeta(path string) bool {
	if filepath.Separator == '\\' {
		return strings.ContainsAny(path, "*?[")
	}
	return strings.ContainsAny(path, `*?[\`)
}

// cleanDir is the folder part of a pattern without its final separator.
func cleanDir(dir string) string {
	if dir == "" {
		return "."
	}
	if cut := strings.TrimRightFunc(dir, func(r rune) bool { return r == filepath.Separator || r == '/' }); cut != "" {
		return cut
	}
	return dir
}
