package routing

import "testing"

func TestSegments(t *testing.T) {
	for _, tt := range []struct {
		path  string
		merge bool
		want  string
		ok    bool
	}{
		{"/a/./b/../c", true, "/a/c", true},
		{"/a//b", true, "/a/b", true},
		{"/a//b", false, "/a//b", true},
		{"/a/..", true, "/", true},
		{"/a/.", true, "/a/", true},
		{"/..", true, "", false},
		{"/a/../../b", false, "", false},
	} {
		if got, ok := Segments(tt.path, tt.merge); got != tt.want || ok != tt.ok {
			t.Errorf("Segments(%q, %v) = %q, %v, want %q, %v", tt.path, tt.merge, got, ok, tt.want, tt.ok)
		}
	}
	if c := Unhex('4', 'f'); c != 'O' || !IsHex('F') || IsHex('g') {
		t.Errorf("%%4f is %q", c)
	}
}
