package envfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
)

// storeAddress is the variable that says where a vector store is.
var storeAddress = map[string]string{
	"weaviate": "WEAVIATE_ENDPOINT", "qdrant": "QDRANT_URL", "milvus": "MILVUS_URI", "pgvector": "PGVECTOR_HOST",
	"pgvecto-rs": "PGVECTO_RS_HOST", "chroma": "CHROMA_HOST", "opensearch": "OPENSEARCH_HOST", "elasticsearch": "ELASTICSEARCH_HOST", "elasticsearch-ja": "ELASTICSEARCH_HOST",
	"oceanbase": "OCEANBASE_VECTOR_HOST", "opengauss": "OPENGAUSS_HOST", "vastbase": "VASTBASE_HOST", "myscale": "MYSCALE_HOST",
	"matrixone": "MATRIXONE_HOST", "couchbase": "COUCHBASE_CONNECTION_STRING",
}

// databaseType compares DB_TYPE with host and port.
func (r *envRun) databaseType() {
	kind, set := r.value("DB_TYPE")
	if !set || kind.Text == "" {
		return
	}
	if known := []string{"postgresql", "mysql", "oceanbase", "seekdb"}; !slices.Contains(known, kind.Text) {
		r.add(ruleInconsistent, "DB_TYPE", fmt.Sprintf("DB_TYPE is %s, expected %s", dify.Default{Text: kind.Text}, strings.Join(known, ", ")), "use one of these", kind.Place)
		return
	}
	wrong := map[string][]string{"postgresql": {"db_mysql", "3306"}, "mysql": {"db_postgres", "5432"}}[kind.Text]
	for _, name := range []string{"DB_HOST", "DB_PORT"} {
		v, _ := r.value(name)
		if slices.Contains(wrong, v.Text) {
			r.add(ruleInconsistent, "DB_TYPE", fmt.Sprintf("DB_TYPE is %s and %s is %s, which belongs to the other database", kind.Text, name, v.Text),
				"set DB_TYPE, DB_HOST and DB_PORT for the same database", kind.Place, v.Place)
			return
		}
	}
}
