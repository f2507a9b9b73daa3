package dify

import (
	"cmp"
	"slices"
	"strings"
)

// use says which setting has to have one of some values for variables that begin
// with a prefix to matter.
type use struct {
	prefix, setting string
	values          []string
}

// defaultUse are the values of those settings where nothing sets them
// (docker/.env.example of 0.15.0 to 1.16.0).
var defaultUse = map[string]string{
	"VECTOR_STORE": "weaviate", "DB_TYPE": "postgresql", "STORAGE_TYPE": "opendal", "PLUGIN_STORAGE_TYPE": "local",
}

// uses are what belongs to one vector store, database or file storage among
// several (api/configs/middleware and the compose files of 0.15.0 to 1.16.0).
// Longer prefixes come before shorter ones.
var uses = []use{
	{"WEAVIATE", "VECTOR_STORE", []string{"weaviate"}}, {"QDRANT", "VECTOR_STORE", []string{"qdrant"}},
	{"MILVUS", "VECTOR_STORE", []string{"milvus"}}, {"MINIO", "VECTOR_STORE", []string{"milvus"}}, {"ETCD", "VECTOR_STORE", []string{"milvus"}},
	{"PGVECTO_RS", "VECTOR_STORE", []string{"pgvecto-rs"}}, {"PGVECTOR", "VECTOR_STORE", []string{"pgvector"}},
	{"CHROMA", "VECTOR_STORE", []string{"chroma"}}, {"OPENSEARCH", "VECTOR_STORE", []string{"opensearch"}},
	{"ELASTIC", "VECTOR_STORE", []string{"elasticsearch", "elasticsearch-ja"}}, {"KIBANA", "VECTOR_STORE", []string{"elasticsearch", "elasticsearch-ja"}},
	{"OCEANBASE", "VECTOR_STORE", []string{"oceanbase", "seekdb"}}, {"SEEKDB", "VECTOR_STORE", []string{"seekdb"}},
	{"OPENGAUSS", "VECTOR_STORE", []string{"opengauss"}}, {"VASTBASE", "VECTOR_STORE", []string{"vastbase"}}, {"MYSCALE", "VECTOR_STORE", []string{"myscale"}},
	{"MATRIXONE", "VECTOR_STORE", []string{"matrixone"}}, {"COUCHBASE", "VECTOR_STORE", []string{"couchbase"}},
	{"TIDB_VECTOR", "VECTOR_STORE", []string{"tidb_vector"}}, {"TIDB", "VECTOR_STORE", []string{"tidb_on_qdrant"}},
	{"ORACLE", "VECTOR_STORE", []string{"oracle"}}, {"RELYT", "VECTOR_STORE", []string{"relyt"}}, {"ANALYTICDB", "VECTOR_STORE", []string{"analyticdb"}},
	{"LINDORM", "VECTOR_STORE", []string{"lindorm"}}, {"HUAWEI_CLOUD", "VECTOR_STORE", []string{"huawei_cloud"}}, {"UPSTASH", "VECTOR_STORE", []string{"upstash"}},
	{"CLICKZETTA_VOLUME", "STORAGE_TYPE", []string{"clickzetta-volume"}},
	{"TABLESTORE", "VECTOR_STORE", []string{"tablestore"}}, {"CLICKZETTA", "VECTOR_STORE", []string{"clickzetta"}},
	{"ALIBABACLOUD_MYSQL", "VECTOR_STORE", []string{"alibabacloud_mysql"}}, {"BAIDU_VECTOR", "VECTOR_STORE", []string{"baidu"}},
	{"VIKINGDB", "VECTOR_STORE", []string{"vikingdb"}}, {"TENCENT_VECTOR", "VECTOR_STORE", []string{"tencent"}},
	{"IRIS", "VECTOR_STORE", []string{"iris"}}, {"HOLOGRES", "VECTOR_STORE", []string{"hologres"}},

	{"MYSQL", "DB_TYPE", []string{"mysql", "oceanbase", "seekdb"}}, {"DB_MYSQL", "DB_TYPE", []string{"mysql", "oceanbase", "seekdb"}},
	{"POSTGRES", "DB_TYPE", []string{"postgresql"}}, {"DB_POSTGRES", "DB_TYPE", []string{"postgresql"}}, {"PGPASSWORD", "DB_TYPE", []string{"postgresql"}},

	{"S3_", "STORAGE_TYPE", []string{"s3"}}, {"AZURE_BLOB", "STORAGE_TYPE", []string{"azure-blob"}}, {"GOOGLE_STORAGE", "STORAGE_TYPE", []string{"google-storage"}},
	{"ALIYUN_OSS", "STORAGE_TYPE", []string{"aliyun-oss"}}, {"TENCENT_COS", "STORAGE_TYPE", []string{"tencent-cos"}}, {"OCI_", "STORAGE_TYPE", []string{"oci-storage"}},
	{"HUAWEI_OBS", "STORAGE_TYPE", []string{"huawei-obs"}}, {"VOLCENGINE_TOS", "STORAGE_TYPE", []string{"volcengine-tos"}},
	{"BAIDU_OBS", "STORAGE_TYPE", []string{"baidu-obs"}}, {"SUPABASE", "STORAGE_TYPE", []string{"supabase"}}, {"OPENDAL", "STORAGE_TYPE", []string{"opendal", "local"}},

	{"PLUGIN_S3", "PLUGIN_STORAGE_TYPE", []string{"aws_s3"}}, {"PLUGIN_AWS", "PLUGIN_STORAGE_TYPE", []string{"aws_s3"}},
	{"PLUGIN_AZURE", "PLUGIN_STORAGE_TYPE", []string{"azure_blob"}}, {"PLUGIN_TENCENT", "PLUGIN_STORAGE_TYPE", []string{"tencent_cos"}},
	{"PLUGIN_ALIYUN", "PLUGIN_STORAGE_TYPE", []string{"aliyun_oss"}}, {"PLUGIN_VOLCENGINE", "PLUGIN_STORAGE_TYPE", []string{"volcengine_tos"}},
}

// InUse reports whether what a variable, or a service, is named after takes part
// in a deployment: it belongs to no vector store, database or file storage, or to
// one in use. lookup gives the effective value of a setting, "" for none.
func InUse(name string, lookup func(setting string) string) bool {
	u, ok := useOf(name)
	if !ok {
		return true
	}
	chosen := func(setting string) string { return cmp.Or(strings.ToLower(lookup(setting)), defaultUse[setting]) }
	// A vector store may be the database as well, as OceanBase is.
	return slices.Contains(u.values, chosen(u.setting)) || u.setting == "VECTOR_STORE" && slices.Contains(u.values, chosen("DB_TYPE"))
}

// StoresOf are the values of VECTOR_STORE that use a variable, nil for one that
// belongs to no vector store, with the beginning of the names of their variables.
func StoresOf(variable string) (stores []string, prefix string) {
	if u, ok := useOf(variable); ok && u.setting == "VECTOR_STORE" {
		return u.values, u.prefix
	}
	return nil, ""
}

func useOf(name string) (use, bool) {
	name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	for _, u := range uses {
		if strings.HasPrefix(name, u.prefix) {
			return u, true
		}
	}
	return use{}, false
}
