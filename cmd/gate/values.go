package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/dify-gate/dify-gate/gate"
	"github.com/dify-gate/dify-gate/gate/config"
)

// enumValue is a flag with a closed set of values.
type enumValue struct {
	value *string
	valid []string
}

func (e enumValue) String() string {
	if e.value == nil {
		return ""
	}
	return *e.value
}

func (e enumValue) Type() string { return strings.Join(e.valid, "|") }

func (e enumValue) Set(s string) error {
	if !slices.Contains(e.valid, s) {
		return errors.New(config.Want(s, e.valid))
	}
	*e.value = s
	return nil
}

// secretValue is a flag that no usage text or error shows.
type secretValue struct{ value *gate.Secret }

func (s secretValue) String() string {
	if s.value == nil {
		return ""
	}
	return s.value.String()
}

func (s secretValue) Type() string { return "secret" }

func (s secretValue) Set(v string) error {
	*s.value = gate.NewSecret(v)
	return nil
}

// listValue is a repeatable flag. Each value given adds one.
type listValue struct {
	values *[]string
	typ    string
	// check refuses a value; nil takes all.
	check func(string) error
}

func (l listValue) String() string {
	if l.values == nil {
		return ""
	}
	return strings.Join(*l.values, ", ")
}

func (l listValue) Type() string { return l.typ }

func (l listValue) Set(s string) error {
	if l.check != nil {
		if err := l.check(s); err != nil {
			return err
		}
	}
	*l.values = append(*l.values, s)
	return nil
}

// wanted says what a flag takes.
func wanted(f *pflag.Flag) string {
	switch t := f.Value.Type(); t {
	case "int":
		return "a whole number"
	case "duration":
		return "a duration like 500ms, 10s or 5m"
	case "bool":
		return "true or false"
	case "string":
		return "a value"
	default:
		return t
	}
}

// valueError words a value that a flag, or its twin in the environment, does
// not take.
func valueError(name string, f *pflag.Flag, value string, err error) string {
	switch v := f.Value.(type) {
	case enumValue:
		return fmt.Sprintf("%s %q: %s", name, value, config.Want(value, v.valid))
	case listValue:
		return fmt.Sprintf("%s %s", name, err)
	case secretValue:
		return name + ": want " + wanted(f)
	}
	return fmt.Sprintf("%s %q: want %s", name, value, wanted(f))
}
