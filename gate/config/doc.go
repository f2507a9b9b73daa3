// Package config reads gate.yaml: strictly, all mistakes at once, each with its
// place. It is the only package that knows YAML.
//
//	bytes ──parse──▶ nodes ──decode──▶ Config, []Mistake ──validate──▶ more mistakes
//	                   └── ${VAR} is expanded in scalar values here
//
// Decoding goes over the nodes by reflection instead of through the YAML
// library's own decoder: that one has neither the paths nor the "did you mean",
// and knows nothing of variables.
//
// Struct tags say all that the decoder, the schema and the documentation need:
//
//	yaml:"name"       the key, or ",inline"; "-" for what no file sets
//	required:"true"   a missing key is a mistake
//	enum:"a,b"        the closed set of values (of a list: of its elements)
//	min:"1" max:"9"   bounds of a number, for the schema
//	kind:"path"       a file that has to be there and readable; made absolute,
//	                  from the folder of gate.yaml, else from dify.dir
//	kind:"dir"        the same for a directory
//	kind:"glob"       a file or directory, or a pattern, which may match nothing
//	kind:"catalogue"  a file or folder that has to be there, or a URL
//	kind:"source"     a path, unless it is a URL or begins with "github"
//	kind:"url"        an absolute http(s) URL
//	kind:"probe"      the same, or a path below dify.url
//	help:"…"          a sentence for the schema
package config
