package wire

import "testing"

func TestSpeaks(t *testing.T) {
	tests := []struct{ head, want string }{
		{"HTTP/1.1 400 Bad Request\r\n", HTTP},
		{"<html><head>", HTTP},
		{"\x15\x03\x01\x00\x02\x02\x0a", TLS},
		{"SSH-2.0-OpenSSH_9.2", SSH},
		{"220 mail ESMTP", SMTP},
		{"\x59\x00\x00\x00\x0a5.5.5-10.11.19-MariaDB", MySQL},
		{"-NOAUTH Authentication required.\r\n", Redis},
		{"E\x00\x00\x00\x84SFATAL\x00", Postgres},
		{"", ""},
		{"hello there", ""},
	}
	for _, tt := range tests {
		if got := Speaks([]byte(tt.head)); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.head, got, tt.want)
		}
	}
}
