package host

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/dify-gate/dify-gate/gate/internal/lines"
	"github.com/dify-gate/dify-gate/gate/internal/logevent"
	"github.com/dify-gate/dify-gate/gate/internal/rotate"
)

// unrotated says how a log exceeds its policy, or "".
func unrotated(name string, info os.FileInfo, policy rotate.Policy, now time.Time) string {
	if info.Size() == 0 || policy.Every > 0 && info.Size() < policy.MinSize {
		return ""
	}
	begun := beginOf(name, policy, now)
	age := now.Sub(begun)
	const day = 24 * time.Hour
	if limit := policy.MaxSize; policy.Every == 0 || limit > 0 {
		if policy.Every == 0 {
			limit = policy.Size
		}
		// logrotate runs once a day: what a log gained since then is no proof.
		if info.Size() > limit && (!begun.IsZero() && age > 2*day || begun.IsZero() && info.Size() > 2*limit) {
			return fmt.Sprintf("%s is %d bytes long and was last rotated %s, want a rotation at %d bytes", name, info.Size(), since(begun), limit)
		}
	}
	if policy.Every > 0 && !begun.IsZero() && age > 2*policy.Every+day {
		return fmt.Sprintf("%s begins at %s, want a rotation each %s", name, begun.UTC().Format("2006-01-02"), every(policy.Every))
	}
	return ""
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
func beginOf(name string, policy rotate.Policy, now time.Time) time.Time {
	if at := firstEvent(name, now); !at.IsZero() {
		return at
	}
	dir := filepath.Dir(name)
	if policy.OldDir != "" {
		dir = policy.OldDir
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(name), dir)
		}
	}
	var newest time.Time
	entries, err := os.ReadDir(dir)
	if err != nil {
		return newest
	}
	for _, e := range entries {
		if !isRotationOf(e.Name(), filepath.Base(name)) {
			continue
		}
		if info, err := e.Info(); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest
}

// firstEvent is the time of the first dated event among the first 50, or zero.
func firstEvent(name string, now time.Time) time.Time {
	f, err := lines.Open(name)
	if err != nil {
		return time.Time{}
	}
	defer func() { _ = f.Close() }()
	r := logevent.NewReader(f, time.UTC, now)
	for range 50 {
		e, err := r.Next()
		if err != nil {
			break
		}
		if e.Unix > 0 && e.Unix <= now.Unix() {
			return time.Unix(e.Unix, 0)
		}
	}
	return time.Time{}
}
