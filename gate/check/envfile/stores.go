package envfile

import (
	"cmp"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// storeInUse reports whether a vector store takes part in the deployment, as the
// vector store or as the database.
func (r *envRun) storeInUse(store string) bool {
	chosen := cmp.Or(r.text("VECTOR_STORE"), "weaviate") // Dify's default in all releases
	return strings.EqualFold(chosen, store) || strings.EqualFold(r.text("DB_TYPE"), store)
}

// inUse reports whether what a variable, or a service, is named after takes part
// in the deployment.
func (r *envRun) inUse(name string) bool { return dify.InUse(name, r.text) }
