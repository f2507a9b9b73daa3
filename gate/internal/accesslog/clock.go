package accesslog

import "bytes"

// clock reads times; lines of the same second, which are most of them, are read
// once.
type clock struct {
	last [32]byte
	n    int
	unix int64
}

func (c *clock) seen(v []byte) bool { return c.n == len(v) && bytes.Equal(c.last[:c.n], v) }

func (c *clock) keep(v []byte, unix int64) {
	if len(v) <= len(c.last) {
		c.n = copy(c.last[:], v)
		c.unix = unix
	}
}

// local reads 25/Nov/2026:10:34:06 +0000.
func (c *clock) local(v []byte) (int64, bool) {
	if c.seen(v) {
		return c.unix, true
	}
	if len(v) != 26 || v[2] != '/' || v[6] != '/' || v[11] != ':' || v[14] != ':' || v[17] != ':' || v[20] != ' ' {
		return 0, false
	}
	month := bytes.Index([]byte("JanFebMarAprMayJunJulAugSepOctNovDec"), v[3:6])
	if month < 0 || month%3 != 0 {
		return 0, false
	}
	zone, ok := offset(v[21:])
	if !ok {
		return 0, false
	}
	unix, ok := instant(number(v[7:11]), month/3+1, number(v[0:2]), number(v[12:14]), number(v[15:17]), number(v[18:20]))
	if !ok {
		return 0, false
	}
	c.keep(v, unix-zone)
	return unix - zone, true
}

// iso reads 2026-11-25T10:34:06+00:00, with a fraction, a blank for the T, Z,
// or no zone at all (then UTC).
func (c *clock) iso(v []byte) (int64, bool) {
	if c.seen(v) {
		return c.unix, true
	}
	if len(v) < 19 || v[4] != '-' || v[7] != '-' || v[10] != 'T' && v[10] != ' ' || v[13] != ':' || v[16] != ':' {
		return 0, false
	}
	unix, ok := instant(number(v[0:4]), number(v[5:7]), number(v[8:10]), number(v[11:13]), number(v[14:16]), number(v[17:19]))
	if !ok {
		return 0, false
	}
	rest := v[19:]
	if len(rest) > 0 && (rest[0] == '.' || rest[0] == ',') {
		rest = rest[1:]
		for len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9' {
			rest = rest[1:]
		}
	}
	if len(rest) > 0 && rest[0] != 'Z' && rest[0] != 'z' {
		zone, ok := offset(rest)
		if !ok {
			return 0, false
		}
		unix -= zone
	}
	c.keep(v, unix)
	return unix, true
}

// offset reads +0800 or +08:00 in seconds.
func offset(v []byte) (int64, bool) {
	if len(v) == 6 && v[3] == ':' {
		v = []byte{v[0], v[1], v[2], v[4], v[5]}
	}
	if len(v) != 5 || v[0] != '+' && v[0] != '-' {
		return 0, false
	}
	h, m := number(v[1:3]), number(v[3:5])
	if h < 0 || h > 15 || m < 0 || m > 59 {
		return 0, false
	}
	s := int64(3600*h + 60*m)
	if v[0] == '-' {
		s = -s
	}
	return s, true
}

// number reads digits; -1 for anything else.
func number(v []byte) int {
	n := 0
	for _, c := range v {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// instant is the number of seconds since 1970 in the Gregorian calendar, by
// counting days from the first of March (so that leap days come last).
func instant(year, month, day, hour, minute, second int) (int64, bool) {
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
