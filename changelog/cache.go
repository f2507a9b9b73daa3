package changelog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"time"
)

// page is one answer of a server, as it is kept on disk.
type page struct {
	Key    string    `json:"key"` // hash of the address, which may hold secrets
	ETag   string    `json:"etag"`
	Link   string    `json:"link"`
	Stored time.Time `json:"stored"`
	Type   string    `json:"type"` // Content-Type
	Body   []byte    `json:"body"`

	address string
	cached  string
	age     time.Duration // of the kept answer that is used instead of a fresh one
}

// cacheKey is an address as the cache has it.
func cacheKey(address string) string {
	sum := sha256.Sum256([]byte(address))
	return hex.EncodeToString(sum[:])
}

func (f *fetcher) cacheFile(address string) string {
	return filepath.Join(f.options.CacheDir, "changelog-"+cacheKey(address)[:32]+".json")
}

// readCache returns the kept answer for an address. Whatever is wrong with the
// cache makes it empty: it is a convenience, never a reason to fail.
func (f *fetcher) readCache(address string) (page, bool) {
	if f.options.CacheDir == "" {
		return page{}, false
	}
	file, err := os.Open(f.cacheFile(address))
	if err != nil {
		return page{}, false
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, 2*maxSource))
	var p page
	if err != nil || json.Unmarshal(text, &p) != nil || p.Key != cacheKey(address) || len(p.Body) == 0 {
		return page{}, false
	}
	p.address = address
	return p, true
}

// writeCache keeps an answer, atomically and for the user alone: it may come
// from a private repository.
func (f *fetcher) writeCache(p page) {
	if f.options.CacheDir == "" {
		return
	}
	p.Key = cacheKey(p.address)
	text, err := json.Marshal(p)
	if err != nil || os.MkdirAll(f.options.CacheDir, 0o700) != nil {
		return
	}
	temp, err := os.CreateTemp(f.options.CacheDir, ".changelog-*")
	if err != nil {
		return
	}
	_, err = temp.Write(text)
	if closed := temp.Close(); err == nil && closed == nil && os.Rename(temp.Name(), f.cacheFile(p.address)) == nil {
		return
	}
	os.Remove(temp.Name())
}
