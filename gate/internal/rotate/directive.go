package rotate

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// sort is what may follow a directive.
type sort int

const (
	flag     sort = iota + 1 // nothing
	optional                 // a number, or nothing
	value                    // the rest of the line
	maybe                    // the rest of the line, which may be empty
	script                   // lines up to endscript
)

// directives are those of logrotate 3.21 (its manual page).
func directives() map[string]sort {
	out := map[string]sort{"weekly": optional, "create": maybe, "createolddir": maybe, "su": maybe, "compressoptions": maybe}
	for _, w := range strings.Fields(`compress nocompress copy nocopy copytruncate nocopytruncate nocreate nocreateolddir daily hourly monthly yearly
		dateext nodateext dateyesterday datehourago delaycompress nodelaycompress ifempty notifempty mailfirst maillast missingok
		nomissingok nomail noolddir renamecopy norenamecopy sharedscripts nosharedscripts shred noshred allowhardlink
		noallowhardlink ignoreduplicates noignoreduplicates`) {
		out[w] = flag
	}
	for _, w := range strings.Fields(`compresscmd uncompresscmd compressext dateformat extension addextension include mail maxage minage
		maxsize minsize size olddir rotate shredcycles start tabooext taboopat errors`) {
		out[w] = value
	}
	for _, w := range strings.Fields(`prerotate postrotate firstaction lastaction preremove`) {
		out[w] = script
	}
	return out
}

// policy is what directives here apply to.
func (p *parser) policy() *Policy {
	if p.stanza != nil {
		return &p.stanza.Policy
	}
	return &p.global
}

const day = 24 * time.Hour

func (p *parser) flag(word string) {
	switch word {
	case "hourly":
		p.policy().Every = time.Hour
	case "daily":
		p.policy().Every = day
	case "monthly":
		p.policy().Every = 31 * day
	case "yearly":
		p.policy().Every = 366 * day
	case "notifempty":
		p.policy().NotIfEmpty = true
	case "ifempty":
		p.policy().NotIfEmpty = false
	case "noolddir":
		p.policy().OldDir = ""
	}
}

// period reads weekly, which a day of the week may follow.
func (p *parser) period(word string, fail func(string, ...any)) {
	p.policy().Every = 7 * day
	p.blanks()
	if !p.more() || p.text[p.at] < '0' || p.text[p.at] > '9' {
		return
	}
	if arg := p.rest(); len(arg) != 1 || arg > "7" {
		fail("%s %q: want a day from 0 to 7, or nothing", word, arg)
	}
}

// set takes the value of a directive.
func (p *parser) set(word, text string) (err error) {
	policy := p.policy()
	switch word {
	case "rotate":
		policy.Rotate, err = whole(text, -1)
	case "maxage", "minage", "start", "shredcycles":
		_, err = whole(text, 0)
	case "size":
		policy.Every = 0
		policy.Size, err = size(text)
	case "minsize":
		policy.MinSize, err = size(text)
	case "maxsize":
		policy.MaxSize, err = size(text)
	case "olddir":
		policy.OldDir = strings.Trim(text, `"'`)
	case "create", "createolddir":
		err = mode(text)
	case "su":
		if n := len(strings.Fields(text)); n == 1 {
			err = errors.New("no group, want a user and a group")
		} else if n > 2 {
			err = errors.New("want a user and a group")
		}
	case "include":
		if p.stanza != nil {
			return errors.New("inside of a stanza, want it outside")
		}
		p.include(strings.Trim(text, `"'`))
	}
	return err
}

func whole(text string, least int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		return 0, errors.New("want a whole number and nothing else on the line")
	}
	return n, nil
}

// size reads 100, 100k, 100M or 100G.
func size(text string) (int64, error) {
	scale := int64(1)
	if n := len(text); n > 0 {
		switch text[n-1] {
		case 'k':
			scale = 1 << 10
		case 'M':
			scale = 1 << 20
		case 'G':
			scale = 1 << 30
		}
		if scale > 1 {
			text = strings.TrimSpace(text[:n-1])
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/scale {
		return 0, errors.New("want a size like 100, 100k, 100M or 100G and nothing else on the line")
	}
	return n * scale, nil
}

// mode reads the value of create: mode, owner, group, each optional.
func mode(text string) error {
	fields := strings.Fields(text)
	if len(fields) > 3 {
		return errors.New("want at most a mode, an owner and a group")
	}
	if len(fields) > 0 && fields[0][0] >= '0' && fields[0][0] <= '9' {
		if m, err := strconv.ParseUint(fields[0], 8, 32); err != nil || m > 0o7777 {
			return errors.New("want an octal mode like 0640")
		}
	}
	return nil
}
