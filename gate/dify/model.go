package dify

// Catalogue holds what is known of all releases. Field docs name the source.
type Catalogue struct {
	// Tags are the releases, oldest first.
	Tags []Tag `json:"tags"`
	// Env are the variables of docker/.env.example and, from 1.14.1 on, of
	// docker/envs/**; and those that docker-compose.yaml refers to.
	Env []EnvKey `json:"env"`
	// Hosts are the services of docker/docker-compose.yaml.
	Hosts []ServiceHistory `json:"services"`
	// Prefixes are the locations of docker/nginx/conf.d/default.conf.template.
	Prefixes []Prefix `json:"prefixes"`
	// Templates are the variables that the nginx templates use.
	Templates []TemplateVar `json:"templates"`
	// API are the routes of api/controllers.
	API []RouteSpan `json:"routes"`
	// Revisions are the files of api/migrations/versions, by first release.
	Revisions []Revision `json:"revisions"`
	// Commands are the flask commands of api/commands*.
	Commands []Command `json:"commands"`

	// What follows comes from facts.json.
	QueueSpans   []Queue   `json:"queues"`
	MinimumSpans []Minimum `json:"minimums"`
	PairSpans    []Pair    `json:"pairs"`
	SecretSums   []Secret  `json:"secrets"`
	StepList     []Step    `json:"steps"`
	ProbeSpans   []Probe   `json:"probes"`

	order map[string]int
	// byFirst are the routes of API by the first segment of their paths.
	byFirst map[string][]indexed
}

// Tag is a release.
type Tag struct {
	Version string `json:"version"`
	Date    string `json:"date,omitempty"`   // of the tagged commit, YYYY-MM-DD
	Commit  string `json:"commit,omitempty"` // in langgenius/dify
	Head    string `json:"head,omitempty"`   // newest database migration
	Count   int    `json:"count,omitempty"`  // number of migrations
	Pre     bool   `json:"pre,omitempty"`    // -rc, -beta, -alpha
	// Learned is where the facts come from when they are not built in:
	// Source.From.
	Learned string `json:"-"`
}

// Default is the value that a release ships for a variable. That of a secret
// is kept as its SHA-256 sum only; an empty value is no secret.
type Default struct {
	Text string `json:"text,omitempty"`
	Sum  string `json:"sum,omitempty"`
}

// EnvKey is a variable with its history.
type EnvKey struct {
	Name string `json:"name"`
	// Example is its history in the env examples.
	Example []EnvState `json:"example,omitempty"`
	// Compose is its history as ${NAME…} in docker-compose.yaml.
	Compose []EnvState `json:"compose,omitempty"`
}

// EnvState is a variable from one release on.
type EnvState struct {
	Since   string  `json:"since"`
	Gone    bool    `json:"gone,omitempty"`
	Default Default `json:"default,omitzero"`
	// File is where it stands below docker/.
	File string `json:"file,omitempty"`
	// Required is set for ${NAME} and ${NAME:?}: nothing stands in for it.
	Required bool `json:"required,omitempty"`
}

// ServiceHistory is a compose service over time.
type ServiceHistory struct {
	Name   string         `json:"name"`
	States []ServiceState `json:"states"`
}

// ServiceState is a compose service from one release on.
type ServiceState struct {
	Since string `json:"since"`
	Gone  bool   `json:"gone,omitempty"`
	Service
}

// Service is a compose service as a release defines it.
type Service struct {
	Name     string   `json:"name,omitempty"`
	Image    string   `json:"image,omitempty"` // with tag, as resolved with all defaults; "" when it is built
	Profiles []string `json:"profiles,omitempty"`
	Ports    []string `json:"ports,omitempty"`    // published, host:container
	Volumes  []string `json:"volumes,omitempty"`  // source:target
	Networks []string `json:"networks,omitempty"` // besides the default one
	Health   string   `json:"health,omitempty"`   // the test of its health check, in one line
	Needs    []string `json:"needs,omitempty"`    // depends_on
}

// Prefix is a location of Dify's own nginx.
type Prefix struct {
	Prefix  string `json:"prefix"`
	Service string `json:"service"`
	Port    string `json:"port,omitempty"`
	Since   string `json:"since"`
	Until   string `json:"until,omitempty"` // the last release that has it; "" when the newest has it
}

// TemplateVar is a ${NAME} of an nginx template.
type TemplateVar struct {
	Name  string `json:"name"`
	File  string `json:"file"`
	Since string `json:"since"`
	Until string `json:"until,omitempty"`
}

// RouteSpan is a route of the API with the releases that have it.
type RouteSpan struct {
	Method string `json:"m"`
	Path   string `json:"p"` // parameters as <type:name>
	Since  string `json:"s"`
	Until  string `json:"u,omitempty"`
}

// Revision is a database migration and the first release that carries it.
type Revision struct {
	ID      string `json:"id"`
	Release string `json:"release"`
}

// Command is a flask command and the releases that have it.
type Command struct {
	Name  string `json:"name"`
	Since string `json:"since"`
	Until string `json:"until,omitempty"`
}

// Queue is a Celery queue that a worker must consume.
type Queue struct {
	Name  string `json:"name"`
	Since string `json:"since"`
	// When is an environment setting NAME=value that it depends on, or "".
	When   string `json:"when,omitempty"`
	Source string `json:"source"`
}

// Minimum is the oldest version of a product that a release works with.
type Minimum struct {
	Product string `json:"product"` // postgres, mysql, redis, weaviate, docker-compose
	Version string `json:"version"`
	Since   string `json:"since"` // first release that wants it
	Source  string `json:"source"`
}

// Pair names two settings that must agree.
type Pair struct {
	ID string  `json:"id"` // pairs with one id are the same thing at different places
	A  Setting `json:"a"`
	B  Setting `json:"b"`
	// How is equal (when both are set), same (also when one is empty),
	// both-set (or both empty: B is a switch), password-of (A is a URL, B its
	// password) or one-of (B is a list).
	How   string `json:"how"`
	Store string `json:"store,omitempty"` // counts only when this vector store is in use
	Since string `json:"since,omitempty"`
	Why   string `json:"why"`
}

// Setting is a variable of the env file or, with Service, one in the
// environment of a container.
type Setting struct {
	Service string `json:"service,omitempty"`
	Name    string `json:"name"`
}

// Secret is a published value of a variable.
type Secret struct {
	Name string `json:"name"`
	// Sum is the SHA-256 of the value, hexadecimal.
	Sum string `json:"sum"`
	// Store is the vector store that the variable belongs to; it counts only
	// when that store is in use.
	Store string `json:"store,omitempty"`
	// Embedded: the value is one part of a URL, its password.
	Embedded bool `json:"embedded,omitempty"`
}

// Step is something that an operator must do by hand when crossing a release.
type Step struct {
	ID      string `json:"id"`
	Release string `json:"release"`
	Text    string `json:"text"`
	Do      string `json:"do"`
	// When says what of a deployment it touches; "" for every deployment.
	//
	//	service:NAME      the compose file has the service
	//	lacks:NAME        the compose file lacks the service
	//	set:NAME          the env file sets the variable
	//	unset:NAME        it does not, or leaves it empty
	//	env:NAME=VALUE    the effective value is this one
	//	store:NAME        the vector store is in use
	//	image:NAME<V      a service's image is older than V
	//	owner:TARGET=UID  the host side of the mount must belong to UID
	//	file:TARGET=TEXT  the host side of the mounted file must hold TEXT
	When   string `json:"when,omitempty"`
	Source string `json:"source"`
	// Unverified: not read in the source of a release.
	Unverified bool `json:"unverified,omitempty"`
}

// Probe is a request without credentials whose answer is known.
type Probe struct {
	Name   string `json:"name"`
	Method string `json:"method"`
	Base   string `json:"base"` // console, app, service, files, web, public: which URL of the deployment
	Path   string `json:"path"`
	Status []int  `json:"status"`
	// Responder is who must answer; "!api" is anybody but the api; "" is not said.
	Responder string `json:"responder"`
	// Body is a substring of the answer, or "".
	Body string `json:"body,omitempty"`
	// JSON are wanted values by gjson path.
	JSON map[string]string `json:"json,omitempty"`
	// When is a setting that it depends on, NAME=value or NAME~one-of-a-list, or "".
	When  string `json:"when,omitempty"`
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`
	Why   string `json:"why"`
}
