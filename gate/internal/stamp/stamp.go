// Package stamp reads the times at the beginning of log lines by hand: without
// allocating, and an order of magnitude faster than time.Parse.
package stamp

import "bytes"

// Local reads 25/Nov/2026:10:34:06 +0000, as access logs have it, in seconds
// since 1970.
func Local(v []byte) (unix int64, ok bool) {
	if len(v) != 26 || v[2] != '/' || v[6] != '/' || v[11] != ':' || v[14] != ':' || v[17] != ':' || v[20] != ' ' {
		return 0, false
	}
	month := Month(v[3:6])
	zone, ok := offset(v[21:])
	if !ok {
		return 0, false
	}
	unix, ok = Instant(Number(v[7:11]), month, Number(v[0:2]), Number(v[12:14]), Number(v[15:17]), Number(v[18:20]))
	return unix - zone, ok
}

// ISO reads the time that v begins with: 2026-11-25T10:34:06+00:00, with a
// blank for the T, slashes for the dashes, a fraction behind a dot or a comma
// (or both, as Dify writes it: ,616.616), Z or an offset or neither. It returns
// how many bytes the time takes, and whether it names its zone; without one,
// unix is the wall clock's time taken as UTC.
func ISO(v []byte) (unix int64, zoned bool, n int, ok bool) {
	if len(v) < 19 || v[4] != '-' && v[4] != '/' || v[7] != v[4] || v[10] != 'T' && v[10] != ' ' || v[13] != ':' || v[16] != ':' {
		return 0, false, 0, false
	}
	unix, ok = Instant(Number(v[0:4]), Number(v[5:7]), Number(v[8:10]), Number(v[11:13]), Number(v[14:16]), Number(v[17:19]))
	if !ok {
		return 0, false, 0, false
	}
	n = 19
	for range 2 {
		if n < len(v) && (v[n] == '.' || v[n] == ',') {
			for n++; n < len(v) && v[n] >= '0' && v[n] <= '9'; n++ {
			}
		}
	}
	switch {
	case n < len(v) && (v[n] == 'Z' || v[n] == 'z'):
		return unix, true, n + 1, true
	case n+6 <= len(v) && v[n+3] == ':':
		if zone, ok := offset(v[n : n+6]); ok {
			return unix - zone, true, n + 6, true
		}
	case n+5 <= len(v):
		if zone, ok := offset(v[n : n+5]); ok {
			return unix - zone, true, n + 5, true
		}
	}
	return unix, false, n, true
}

// Month is the number of an English month's first three letters, 0 for others.
func Month(v []byte) int {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	if len(v) != 3 {
		return 0
	}
	for i := 0; i < len(names); i += 3 {
		if names[i] == v[0] && names[i+1] == v[1] && names[i+2] == v[2] {
			return i/3 + 1
		}
	}
	return 0
}

// offset reads +0800 or +08:00 in seconds.
func offset(v []byte) (int64, bool) {
	if len(v) == 6 && v[3] == ':' {
		v = []byte{v[0], v[1], v[2], v[4], v[5]}
	}
	if len(v) != 5 || v[0] != '+' && v[0] != '-' {
		return 0, false
	}
	h, m := Number(v[1:3]), Number(v[3:5])
	if h < 0 || h > 15 || m < 0 || m > 59 {
		return 0, false
	}
	s := int64(3600*h + 60*m)
	if v[0] == '-' {
		s = -s
	}
	return s, true
}

// Number reads digits; -1 for anything else.
func Number(v []byte) int {
	n := 0
	for _, c := range v {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// Instant is the number of seconds since 1970 in the Gregorian calendar, by
// counting days from the first of March (so that leap days come last).
func Instant(year, month, day, hour, minute, second int) (int64, bool) {
	if year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return 0, false
	}
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
		m += 12
	}
	days := 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + int64(day) - 719469
	return days*86400 + int64(3600*hour+60*minute+second), true
}

// Clock remembers the last time that it read: lines of the same second, which
// are most of them, are read once.
type Clock struct {
	last [32]byte
	n    int
	unix int64
}

// Local is [Local] with a memory.
func (c *Clock) Local(v []byte) (int64, bool) {
	if c.seen(v) {
		return c.unix, true
	}
	unix, ok := Local(v)
	return c.keep(v, unix, ok)
}

// ISO is [ISO] with a memory; v is the time and nothing else.
func (c *Clock) ISO(v []byte) (int64, bool) {
	if c.seen(v) {
		return c.unix, true
	}
	unix, _, n, ok := ISO(v)
	return c.keep(v, unix, ok && n == len(v))
}

func (c *Clock) seen(v []byte) bool { return c.n > 0 && c.n == len(v) && bytes.Equal(c.last[:c.n], v) }

func (c *Clock) keep(v []byte, unix int64, ok bool) (int64, bool) {
	if ok && len(v) <= len(c.last) {
		c.n = copy(c.last[:], v)
		c.unix = unix
	}
	return unix, ok
}
