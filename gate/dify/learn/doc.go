// Package learn reads the facts of one release of Dify out of its source tree.
//
//	folder ──┐
//	git ─────┼─> Tree ─ Read ─> dify.Facts ─> releases/V.json, cache, catalogue
//	tarball ─┤   the files that matter, in memory
//	GitHub ──┘
//
// A source ([Folder], [Git], [Tarball], [GitHub]) fills a [Tree]: of all files
// only those that [wanted] names, each and all together bounded. Nothing is
// written to disk. Links are never followed, and a name that leaves the tree is
// an error. [Read] makes facts of a tree, one reader for each sort of fact:
//
//	compose.go      docker/docker-compose.yaml              services, variables
//	env.go          docker/.env.example, docker/envs/**     variables, published secrets
//	nginx.go        docker/nginx/**.template                prefixes, template variables
//	routes.go       api/controllers and what registers it   routes
//	  modules.go    the Python modules and what their names are bound to
//	  scan.go       the statements that make a route
//	migrations.go   api/migrations/versions                 heads, revisions
//	commands.go     api/commands*                           flask commands
//	entrypoint.go   api/docker/entrypoint.sh                queues
//	minimums.go     pyproject.toml, package.json, compose   minimum versions
//
// A reader that meets what it cannot read says so in [dify.Facts.Unread] with
// the place, and goes on. An error is only what leaves no facts at all: a source
// out of reach, or a tree that is not Dify's. Everything in a tree is data from
// strangers: it is parsed and never run, and text with control characters is
// left out and listed.
package learn
