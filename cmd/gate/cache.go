package main

import (
	"io/fs"
	"os"
	"path/filepath"
)

// cacheFolder is where release notes and learned facts are kept; "" for nowhere.
func (p *process) cacheFolder() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "dify-gate")
}

// keepCache hands what root kept in the cache to the owner of the folder around it:
// on GitHub a later step, actions/cache, could not read it.
func (p *process) keepCache() {
	folder := p.cacheFolder()
	if !p.onGitHub() || folder == "" {
		return
	}
	owner := p.getenv("XDG_CACHE_HOME")
	if owner == "" {
		owner = p.getenv("HOME")
	}
	p.giveAway(filepath.Dir(folder), owner)
	_ = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&^fs.ModeDir != 0 {
			return nil // what is no file of ours stays as it is
		}
		p.giveAway(path, owner)
		return nil
	})
}
