package accesslog

import "bytes"

// Groups are the public prefixes of Dify, as its nginx template publishes them
// (docker/nginx/conf.d/default.conf.template, 0.15.0 to 1.16.0), and web for
// everything else, the last one.
func Groups() []string {
	out := make([]string, 0, len(prefixes)+1)
	for _, p := range prefixes {
		out = append(out, string(p))
	}
	return append(out, "web")
}

var prefixes = [][]byte{
	[]byte("/console/api"), []byte("/api"), []byte("/v1"), []byte("/files"), []byte("/mcp"),
	[]byte("/triggers"), []byte("/e"), []byte("/openapi"), []byte("/socket.io"),
}

// Group is the index in Groups of a path.
func Group(path []byte) int {
	for i, p := range prefixes {
		if bytes.HasPrefix(path, p) && (len(path) == len(p) || path[len(p)] == '/' || path[len(p)] == '?') {
			return i
		}
	}
	return len(prefixes)
}

// StripPrefix takes away what docker compose puts in front of each line, as in
// "nginx-1  | ", and reports whether there was one.
func StripPrefix(line []byte) (rest []byte, service []byte) {
	i := bytes.IndexByte(line[:min(len(line), 80)], '|')
	if i < 2 || line[i-1] != ' ' {
		return line, nil
	}
	name := bytes.TrimRight(line[:i], " ")
	if len(name) == 0 {
		return line, nil
	}
	for _, c := range name {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return line, nil
		}
	}
	rest = line[i+1:]
	if len(rest) > 0 && rest[0] == ' ' {
		rest = rest[1:]
	}
	return rest, name
}
