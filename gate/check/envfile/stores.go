package envfile

import (
	"cmp"
	"slices"
	"strings"
)

// storePrefixes are how the variables of each vector store begin, with the
// values of VECTOR_STORE that use them (api/configs/middleware/vdb and the
// compose files of 0.15.0 to 1.16.0). Longer ones come before shorter ones.
var storePrefixes = []struct {
	prefix string
	stores []string
}{
	{"WEAVIATE", []string{"weaviate"}}, {"QDRANT", []string{"qdrant"}},
	{"MILVUS", []string{"milvus"}}, {"MINIO", []string{"milvus"}}, {"ETCD", []string{"milvus"}},
	{"PGVECTO_RS", []string{"pgvecto-rs"}}, {"PGVECTOR", []string{"pgvector"}},
	{"CHROMA", []string{"chroma"}}, {"OPENSEARCH", []string{"opensearch"}},
	{"ELASTIC", []string{"elasticsearch", "elasticsearch-ja"}}, {"KIBANA", []string{"elasticsearch", "elasticsearch-ja"}},
	{"OCEANBASE", []string{"oceanbase", "seekdb"}}, {"SEEKDB", []string{"seekdb"}},
	{"OPENGAUSS", []string{"opengauss"}}, {"VASTBASE", []string{"vastbase"}}, {"MYSCALE", []string{"myscale"}},
	{"MATRIXONE", []string{"matrixone"}}, {"COUCHBASE", []string{"couchbase"}},
	{"TIDB_VECTOR", []string{"tidb_vector"}}, {"TIDB", []string{"tidb_on_qdrant"}},
	{"ORACLE", []string{"oracle"}}, {"RELYT", []string{"relyt"}}, {"ANALYTICDB", []string{"analyticdb"}},
	{"LINDORM", []string{"lindorm"}}, {"HUAWEI_CLOUD", []string{"huawei_cloud"}}, {"UPSTASH", []string{"upstash"}},
	{"TABLESTORE", []string{"tablestore"}}, {"CLICKZETTA", []string{"clickzetta"}},
	{"ALIBABACLOUD_MYSQL", []string{"alibabacloud_mysql"}}, {"BAIDU_VECTOR", []string{"baidu"}},
	{"VIKINGDB", []string{"vikingdb"}}, {"TENCENT_VECTOR", []string{"tencent"}},
	{"IRIS", []string{"iris"}}, {"HOLOGRES", []string{"hologres"}},
}

// storeInUse reports whether a vector store takes part in the deployment, as the
// vector store or as the database.
func (r *envRun) storeInUse(store string) bool {
	chosen := cmp.Or(r.text("VECTOR_STORE"), "weaviate") // Dify's default in all releases
	return strings.EqualFold(chosen, store) || strings.EqualFold(r.text("DB_TYPE"), store)
}

// inUse reports whether what a variable, or a service, is named after takes part
// in the deployment: it belongs to no vector store and no database, or to one in
// use.
func (r *envRun) inUse(name string) bool {
	name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	for _, p := range storePrefixes {
		if strings.HasPrefix(name, p.prefix) {
			return slices.ContainsFunc(p.stores, r.storeInUse)
		}
	}
	postgres := slices.Contains([]string{"", "postgresql"}, r.text("DB_TYPE"))
	switch {
	case strings.HasPrefix(name, "MYSQL"), strings.HasPrefix(name, "DB_MYSQL"):
		return !postgres
	case strings.HasPrefix(name, "POSTGRES"), strings.HasPrefix(name, "DB_POSTGRES"), strings.HasPrefix(name, "PGPASSWORD"):
		return postgres
	}
	return true
}
