package dotenv

import "testing"

func TestWithValueKeepsTheLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ line, value, want string }{
		{"A=1", "2", "A=2"},
		{"  export A = 'x y'   # why", "z", "  export A = 'z'   # why"},
		{`A="x"`, "a,b", `A="a,b"`},
		{"A=1 # why", "2", "A=2 # why"},
		{"A=", "two words", "A='two words'"},
		{"A=", "${B:-c}", "A=${B:-c}"},
		{"A=${B} # tail", "${B},c", "A=${B},c # tail"},
		{"A: 1", "2", "A: 2"},
		{"A= # nothing", "2", "A= 2 # nothing"},
		{"A='x'", "it's", ""},
		{"A", "2", ""},
		{"A=1", "a\nb", ""},
	} {
		got, ok := WithValue(tt.line, tt.value)
		if ok != (tt.want != "") || ok && got != tt.want {
			t.Errorf("%q to %q: %q %v, want %q", tt.line, tt.value, got, ok, tt.want)
		}
	}
}

func FuzzWithValue(f *testing.F) {
	f.Add("A='x' # y", "z")
	f.Add("export A=${B:-\"c\"}", "a\\b")
	f.Fuzz(func(t *testing.T, line, value string) {
		got, ok := WithValue(line, value)
		if !ok {
			return
		}
		name, _ := key(line)
		if !readsBack(got, name, value) {
			t.Fatalf("%q does not read back as %q", got, value)
		}
	})
}
