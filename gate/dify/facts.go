package dify

// FactsSchema is the version of the form of [Facts].
const FactsSchema = 1

// Facts are what the source tree of one release says: what gate learn prints,
// what releases/*.json hold, and what --catalogue takes. Lists are sorted, so
// that two releases compare line by line.
type Facts struct {
	Schema  int    `json:"schema"`
	Version string `json:"version"` // the tag, without a leading v
	Source  Source `json:"source"`
	// Prefixes are the locations of Dify's own nginx.
	Prefixes []PrefixFact `json:"prefixes"`
	// Templates are the variables of the nginx templates.
	Templates  []TemplateFact `json:"templates"`
	Routes     []RouteFact    `json:"routes"`
	Services   []ServiceFact  `json:"services"`
	Env        []EnvFact      `json:"env"`
	Migrations Migrations     `json:"migrations"`
	// Queues are those that the worker of the api image consumes by default.
	Queues      []string     `json:"queues"`
	Commands    []string     `json:"commands"` // of flask
	MinVersions []MinVersion `json:"min_versions"`
	// Secrets are published values of variables that should be secret, as sums.
	Secrets []SecretFact `json:"secrets"`
	// Unread says what was there and could not be read.
	Unread []string `json:"unread"`
}

// Source is where facts come from.
type Source struct {
	Commit string `json:"commit,omitempty"` // 40 hexadecimal digits
	Tag    string `json:"tag,omitempty"`
	Date   string `json:"date,omitempty"` // of the commit, YYYY-MM-DD
	From   string `json:"from"`           // git, folder, tarball, github:OWNER/REPO
}

// PrefixFact is a location and what answers there.
type PrefixFact struct {
	Path    string `json:"path"`
	Service string `json:"service"`
	Port    string `json:"port,omitempty"`
}

// TemplateFact is a ${NAME} of an nginx template; File is below docker/.
type TemplateFact struct {
	Name string `json:"name"`
	File string `json:"file"`
}

// RouteFact is a route of the api; parameters are written <type:name>, and {?}
// is a part that only running the code would tell.
type RouteFact struct {
	Method string `json:"method"`
	Path   string `json:"path"`
}

// ServiceFact is a service of docker-compose.yaml.
type ServiceFact struct {
	Name     string   `json:"name"`
	Image    string   `json:"image"` // "" when it is built
	Profiles []string `json:"profiles,omitempty"`
	Ports    []string `json:"ports,omitempty"`    // published, host:container
	Volumes  []string `json:"volumes,omitempty"`  // source:target
	Networks []string `json:"networks,omitempty"` // besides default
	Health   string   `json:"health,omitempty"`   // the test of its health check, in one line
	Needs    []string `json:"needs,omitempty"`    // depends_on
}

// EnvFact is a variable of the env examples or of docker-compose.yaml. A value
// that must not be shown is kept as its sum.
type EnvFact struct {
	Name    string `json:"name"`
	Default string `json:"default"`
	Sum     string `json:"sum,omitempty"`
	// Files name it, below docker/; the first one gives the default.
	Files []string `json:"files"`
	// Compose is set when docker-compose.yaml refers to it.
	Compose *ComposeFact `json:"compose,omitempty"`
}

// ComposeFact is the ${NAME…} of a variable in docker-compose.yaml.
type ComposeFact struct {
	Default string `json:"default,omitempty"`
	Sum     string `json:"sum,omitempty"`
	// Required is set for ${NAME} and ${NAME:?}.
	Required bool `json:"required,omitempty"`
}

// Migrations are the files of api/migrations/versions.
type Migrations struct {
	Heads     []string `json:"heads"`
	Revisions []string `json:"revisions"`
}

// MinVersion is the oldest version of a product that the release's files ask
// for; Source is the file that does.
type MinVersion struct {
	Product string `json:"product"`
	Version string `json:"version"`
	Source  string `json:"source"`
}

// SecretFact is a published value.
type SecretFact struct {
	Name string `json:"name"`
	Sum  string `json:"sum"` // SHA-256, hexadecimal
	// Embedded: it is one part of a URL, its password.
	Embedded bool `json:"embedded,omitempty"`
}
