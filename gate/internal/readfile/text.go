package readfile

import (
	"bytes"
	"fmt"
)

// sampled is how much of a file says which encoding it has, in bytes.
const sampled = 4 << 10

// Decode makes text of a file's content: UTF-8, a byte order mark dropped. Bytes
// that are no UTF-8 stay, since old files in Latin-1 are text too; another
// encoding and NUL bytes are an error, with no path.
func Decode(data []byte) ([]byte, error) {
	if name := Foreign(data); name != "" {
		return nil, &Error{"", Encoding, "text in " + name + ", want UTF-8: convert it, for example with iconv -f " + name + " -t UTF-8", nil}
	}
	if at := bytes.IndexByte(data, 0); at >= 0 {
		line := bytes.Count(data[:at], []byte("\n")) + 1
		return nil, &Error{"", Binary, fmt.Sprintf("not a text file: line %d holds a NUL byte; restore it from a backup, or name another file", line), nil}
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return nil, &Error{"", Binary, "not a text file but packed with gzip; unpack it", nil}
	}
	return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), nil
}

// Foreign names the encoding of a text whose beginning shows that it is not UTF-8:
// UTF-16 or UTF-32 by its byte order mark, and UTF-16 without one by its NUL bytes,
// which stand beside nearly every character. "" for all else, binary data too.
func Foreign(data []byte) string {
	for _, mark := range []struct{ bytes, name string }{
		{"\xff\xfe\x00\x00", "UTF-32LE"}, {"\x00\x00\xfe\xff", "UTF-32BE"}, {"\xff\xfe", "UTF-16LE"}, {"\xfe\xff", "UTF-16BE"},
	} {
		if bytes.HasPrefix(data, []byte(mark.bytes)) {
			return mark.name
		}
	}
	data = data[:min(len(data), sampled)]
	var zero [2]int // by whether the offset is odd
	for i, b := range data {
		if b == 0 {
			zero[i%2]++
		}
	}
	pairs := len(data) / 2
	switch {
	case pairs == 0:
		return ""
	case zero[1] >= pairs*3/4 && zero[1] > 0 && zero[0] <= pairs/8:
		return "UTF-16LE"
	case zero[0] >= pairs*3/4 && zero[0] > 0 && zero[1] <= pairs/8:
		return "UTF-16BE"
	}
	return ""
}
