// Package nginxroute answers, from nginx's files alone, where a request goes: which server and location take it, what
// rewrites do to it, which upstream gets it, and the URI that the upstream sees.
//
//	c, err := nginxroute.LoadDir("docker", env)           // or Load(files, nginxroute.Options{Env: env})
//	a := c.Route(nginxroute.Request{Method: "GET", Host: "dify.example.com", URI: "/v1/parameters?x=1"})
//	a.Kind == nginxroute.Proxied; a.Upstream == "api:5001"; a.URI == "/v1/parameters?x=1"; a.Location.Pos.Line == 12
//
// The flow: Load reads files (source.go renders *.template as the container's envsubst does and remembers the place of
// every byte), lex.go splits them by nginx's own token rules, tree.go nests them and follows includes, check.go lets
// nginx-go-crossplane judge contexts and argument counts, and level.go builds servers, locations and upstreams.
// Route then walks nginx's phases in their order: server choice (server.go), URI normalisation (uri.go), server
// rewrites (rewrite.go), location choice (location.go), location rewrites, access (access.go), try_files and files
// (file.go), content (target.go). run.go is the loop over the phases.
//
// What cannot be decided from files (a file's existence, an unknown module's directive, a variable of the network) gives
// Kind Unknown with the reason in Why: never a guess. Where both ways of an undecidable condition end alike, the answer
// is known all the same. A configuration that nginx would refuse is an Errors value, each with file:line:column.
//
// The tokens are read here and not by crossplane, because findings need columns and quoting, which its tree lacks.
package nginxroute
