package web

import (
	"slices"
	"testing"

	"github.com/dify-gate/dify-gate/gate/check/checktest"
)

func TestMain(m *testing.M) {
	checktest.Main(m, slices.Concat(new(HTTP).Rules(), new(Auth).Rules(), new(CORS).Rules(), new(App).Rules(),
		new(Dataset).Rules(), new(OpenAPI).Rules(), new(Tracing).Rules(), new(TCP).Rules(), new(TLS).Rules()))
}
