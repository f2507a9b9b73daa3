//go:build !unix

package checktest

import (
	"net"
	"testing"
)

// Closed is an address that refuses connections, unless another server takes
// its port meanwhile.
func Closed(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
