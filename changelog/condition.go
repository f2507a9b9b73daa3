package changelog

// Op is what a condition looks up in an operator's files.
type Op string

// The operators. Name and Value mean what stands beside each.
const (
	OpAll        Op = "all"          // Of: every one
	OpAny        Op = "any"          // Of: at least one
	OpNot        Op = "not"          // Of[0] does not hold
	OpAlways     Op = "always"       // every deployment
	OpEnvSet     Op = "env-set"      // Name (may end in *) is set in the operator's own env files
	OpEnvUnset   Op = "env-unset"    // Name is not set, or empty
	OpEnvIs      Op = "env-is"       // Name's effective value is Value
	OpEnvNot     Op = "env-not"      // Name is set and its value is not Value
	OpEnvHas     Op = "env-has"      // Name's comma-separated value has the item Value
	OpEnvLacks   Op = "env-lacks"    // Name is set and its comma-separated value lacks the item Value
	OpQueue      Op = "queue"        // an own list of queues (CELERY_QUEUES, -Q) lacks the queue Name
	OpFileExists Op = "file-exists"  // Name, relative to the Dify directory
	OpFileHas    Op = "file-has"     // the file Name has the text Value
	OpFileLacks  Op = "file-lacks"   // the file Name exists and lacks the text Value
	OpOwnerNot   Op = "owner-not"    // the folder Name belongs to another uid than Value
	OpService    Op = "service"      // a compose file defines the service Name
	OpNoService  Op = "no-service"   // there is a compose file and none defines the service Name
	OpMigrates   Op = "migrates-own" // migrations run by themselves: MIGRATION_ENABLED is true
	OpQueueUsed  Op = "queue-used"   // an own list of queues has the queue Name
	OpOption     Op = "option"       // a command of the operator has the option Name ("--flag")
	OpCommand    Op = "command"      // a script or a compose file has the command Name
	OpImage      Op = "image"        // a compose file or Helm values use the image Name, with its tag if Name has one
	OpRoute      Op = "route"        // a proxy's file names the path Name
	OpKey        Op = "key"          // Helm values or a configuration file set the key Name ("a.b.c")
	OpElsewhere  Op = "elsewhere"    // what no file of the operator can say: never known
)

// Condition says which deployments a change concerns, in a form that can be
// looked up. It is data; this package evaluates nothing.
type Condition struct {
	Op    Op          `json:"op"`
	Name  string      `json:"name,omitempty"`
	Value string      `json:"value,omitempty"`
	Of    []Condition `json:"of,omitempty"`
}

// Ops lists all operators, for whoever evaluates them and for tests.
func Ops() []Op {
	return []Op{OpAll, OpAny, OpNot, OpAlways, OpEnvSet, OpEnvUnset, OpEnvIs, OpEnvNot, OpEnvHas, OpEnvLacks, OpQueue,
		OpFileExists, OpFileHas, OpFileLacks, OpOwnerNot, OpService, OpNoService, OpMigrates,
		OpQueueUsed, OpOption, OpCommand, OpImage, OpRoute, OpKey, OpElsewhere}
}

// String writes the condition as people read it.
func (c Condition) String() string {
	switch c.Op {
	case OpAll:
		return joinConditions(c.Of, " and ")
	case OpAny:
		return joinConditions(c.Of, " or ")
	case OpNot:
		if len(c.Of) == 1 && c.Of[0].Op == OpMigrates {
			return "MIGRATION_ENABLED is not true"
		}
		if len(c.Of) == 1 {
			return "not (" + c.Of[0].String() + ")"
		}
		return "not"
	case OpAlways:
		return "every deployment"
	case OpEnvSet:
		return c.Name + " is set"
	case OpEnvUnset:
		return c.Name + " is not set"
	case OpEnvIs:
		return c.Name + "=" + c.Value
	case OpEnvNot:
		return c.Name + " is set and is not " + c.Value
	case OpEnvHas:
		return c.Name + " contains " + c.Value
	case OpEnvLacks:
		return c.Name + " is set and lacks " + c.Value
	case OpQueue:
		return "CELERY_QUEUES or a worker's -Q is set and lacks " + c.Name
	case OpFileExists:
		return c.Name + " exists"
	case OpFileHas:
		return c.Name + " contains " + c.Value
	case OpFileLacks:
		return c.Name + " exists and lacks " + c.Value
	case OpOwnerNot:
		return c.Name + " is not owned by uid " + c.Value
	case OpService:
		return "the compose files define " + c.Name
	case OpNoService:
		return "the compose files do not define " + c.Name
	case OpMigrates:
		return "MIGRATION_ENABLED is true"
	case OpQueueUsed:
		return "CELERY_QUEUES or a worker's -Q has " + c.Name
	case OpOption, OpCommand, OpImage, OpRoute:
		return c.Name + " is used"
	case OpKey:
		return c.Name + " is set"
	case OpElsewhere:
		return "other uses of it"
	}
	return string(c.Op)
}

func joinConditions(of []Condition, with string) string {
	text := ""
	for i, c := range of {
		if i > 0 {
			text += with
		}
		if len(c.Of) > 1 {
			text += "(" + c.String() + ")"
		} else {
			text += c.String()
		}
	}
	return text
}
