package deployment

// composeLimit bounds a compose file; Dify's own has about 60 kB.
const composeLimit = 4 << 20

// Service is a compose service.
type Service struct {
	Name     string
	Image    string // as resolved, with tag; "" when it is built
	Profiles []string
	Active   bool // no profile, or one of the active ones
	Ports    []Port
	Volumes  []Volume
	// Env is what the container gets, by name: environment, else the env
	// files.
	Env map[string]Value
	// EnvFiles are the env_file entries, weakest first.
	EnvFiles   []string
	Entrypoint []string // as the compose files set it
	Command    []string
	Health     string   // the health check's test in one line
	Needs      []string // depends_on
	Hosts      []string // names by which other containers reach it: its own, container_name, aliases
	Networks   []string // besides the default one
	ExtraHosts []string // names that it is told an address for
	// HostNetwork: it shares the host's network, so that all its ports are the host's.
	HostNetwork bool
	Place       // of the service's key
	ImageAt     Place
}

// Port is a published port. IP is the host's address that it is bound to, "" for
// all of them.
type Port struct{ IP, Host, Container string }

// Volume is a mount.
type Volume struct {
	Source, Target string
	Place
}

// composeNames are Compose's default file names, in its order of preference,
// each with the names of its override.
var (
	composeNames  = []string{"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"}
	overrideNames = []string{"compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"}
)
