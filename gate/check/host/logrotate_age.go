package host

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/lines"
	"github.com/dify-gate/dify-gate/gate/internal/logevent"
	"github.com/dify-gate/dify-gate/gate/internal/readfile"
	"github.com/dify-gate/dify-gate/gate/internal/rotate"
)

// unrotated says how a log exceeds its policy, or "". The error is of a log or folder
// that may not be read.
func unrotated(name string, info fs.FileInfo, policy rotate.Policy, now time.Time) (string, error) {
	if info.Size() == 0 || policy.Every > 0 && info.Size() < policy.MinSize {
		return "", nil
	}
	begun, err := beginOf(name, policy, now)
	if err != nil {
		return "", err
	}
	age := now.Sub(begun)
	const day = 24 * time.Hour
	if limit := policy.MaxSize; policy.Every == 0 || limit > 0 {
		if policy.Every == 0 {
			limit = policy.Size
		}
		// logrotate runs once a day: what a log gained since then is no proof.
		if info.Size() > limit && (!begun.IsZero() && age > 2*day || begun.IsZero() && info.Size() > 2*limit) {
			return fmt.Sprintf("%s is %d bytes long and was last rotated %s; its stanza rotates it at %d bytes", name, info.Size(), since(begun), limit), nil
		}
	}
	if policy.Every > 0 && !begun.IsZero() && age > 2*policy.Every+day {
		return fmt.Sprintf("%s begins at %s; its stanza rotates it every %s", name, begun.UTC().Format("2006-01-02"), every(policy.Every)), nil
	}
	return "", nil
}

func since(begun time.Time) string {
	if begun.IsZero() {
		return "never"
	}
	return "before " + begun.UTC().Format("2006-01-02")
}

func every(d time.Duration) string {
	switch hours := int(d.Hours()); {
	case hours == 1:
		return "hour"
	case hours == 24:
		return "day"
	case hours == 7*24:
		return "week"
	case hours <= 31*24:
		return "month"
	}
	return "year"
}

// beginOf is when the present log began: the time of its first dated event, or
// else that of its newest rotation. Zero when neither is known.
func beginOf(name string, policy rotate.Policy, now time.Time) (time.Time, error) {
	if at, err := firstEvent(name, now); !at.IsZero() || err != nil {
		return at, err
	}
	dir := filepath.Dir(name)
	if policy.OldDir != "" {
		dir = policy.OldDir
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(name), dir)
		}
	}
	var newest time.Time
	entries, err := readfile.List(dir)
	if readfile.Is(err, readfile.Missing) {
		return newest, nil // of olddir: nothing was rotated yet
	}
	if err != nil {
		return newest, err
	}
	for _, e := range entries {
		if !isRotationOf(e.Name(), filepath.Base(name)) {
			continue
		}
		if info, err := e.Info(); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest, nil
}

// firstEvent is the time of the first dated event among the first 50, or zero: a log
// that is no text has none.
func firstEvent(name string, now time.Time) (time.Time, error) {
	f, err := lines.Open(name)
	if readfile.Is(err, readfile.Denied) {
		return time.Time{}, readfile.At(name, err)
	}
	if err != nil {
		return time.Time{}, nil
	}
	defer func() { _ = f.Close() }()
	r := logevent.NewReader(f, time.UTC, now)
	for range 50 {
		e, err := r.Next()
		if err != nil {
			break
		}
		if e.Unix > 0 && e.Unix <= now.Unix() {
			return time.Unix(e.Unix, 0), nil
		}
	}
	return time.Time{}, nil
}
