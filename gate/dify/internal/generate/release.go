package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/dify-gate/dify-gate/gate/dify"
	"github.com/dify-gate/dify-gate/gate/internal/deployment"
	"github.com/dify-gate/dify-gate/gate/internal/dotenv"
)

// release is what the folder of one release says.
type release struct {
	deployment *deployment.Deployment
	env        []variable // env.example first, then envs/**
	templates  map[string]string
}

// variable is an assignment of an env example.
type variable struct {
	name, value, file string
}

func readRelease(dir, version string) (release, error) {
	folder := filepath.Join(dir, version)
	d, err := deployment.Read(folder)
	if err != nil {
		return release{}, err
	}
	if len(d.Problems) > 0 {
		return release{}, errOf(d.Problems[0])
	}
	r := release{deployment: d}
	for _, e := range d.File.Entries {
		r.env = append(r.env, variable{e.Key, e.Raw, ".env.example"})
	}
	if err := r.addSplit(folder); err != nil {
		return release{}, err
	}
	r.templates, err = templateVars(folder)
	return r, err
}

// addSplit reads docker/envs/**. middleware.env.example belongs to another
// compose file, which runs the databases alone for development.
func (r *release) addSplit(folder string) error {
	var files []string
	err := filepath.WalkDir(filepath.Join(folder, "envs"), func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(path, ".env.example") && e.Name() != "middleware.env.example" {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return err
	}
	sort.Strings(files)
	for _, path := range files {
		file, err := dotenv.Read(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(folder, path)
		for _, e := range file.Entries {
			r.env = append(r.env, variable{e.Key, e.Raw, filepath.ToSlash(name)})
		}
	}
	return nil
}

var templateVar = regexp.MustCompile(`\$\{([A-Z][A-Z0-9_]*)\}`)

// templateVars maps the variables of the nginx templates to the file that
// uses them.
func templateVars(folder string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "nginx", "*.template"))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, path := range files {
		src, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for _, m := range templateVar.FindAllStringSubmatch(string(src), -1) {
			out[m[1]] = "nginx/" + filepath.Base(path)
		}
	}
	return out, nil
}

// envHistory collects the changes of each variable, and all values that were
// ever published of it.
type envHistory struct {
	states map[string]*dify.EnvKey
	values map[string]map[string]bool
}

func newEnvHistory() envHistory {
	return envHistory{states: map[string]*dify.EnvKey{}, values: map[string]map[string]bool{}}
}

// key returns a variable's history.
func (h envHistory) key(name string) *dify.EnvKey {
	if h.states[name] == nil {
		h.states[name] = &dify.EnvKey{Name: name}
	}
	return h.states[name]
}

func (h envHistory) publish(name, value string) {
	if h.values[name] == nil {
		h.values[name] = map[string]bool{}
	}
	if value != "" && !strings.Contains(value, "${") {
		h.values[name][value] = true
	}
}

func (h envHistory) add(version string, r release) {
	example := map[string]dify.EnvState{}
	for _, v := range r.env {
		h.publish(v.name, v.value)
		if _, ok := example[v.name]; !ok { // .env.example, which wins, comes first
			example[v.name] = dify.EnvState{Since: version, Default: defaultOf(v.name, v.value), File: v.file}
		}
	}
	compose := map[string]dify.EnvState{}
	for _, ref := range r.deployment.Refs {
		h.publish(ref.Name, ref.Default)
		if _, ok := compose[ref.Name]; ok {
			continue
		}
		compose[ref.Name] = dify.EnvState{Since: version, Default: defaultOf(ref.Name, ref.Default), Required: !ref.HasDefault}
	}
	for name, s := range example {
		k := h.key(name)
		k.Example = extend(k.Example, s)
	}
	for name, s := range compose {
		k := h.key(name)
		k.Compose = extend(k.Compose, s)
	}
	for name, k := range h.states {
		if _, ok := example[name]; !ok {
			k.Example = end(k.Example, version)
		}
		if _, ok := compose[name]; !ok {
			k.Compose = end(k.Compose, version)
		}
	}
}

// extend appends a state when it differs from the last one. A variable that
// only moves to another file is no change of it, but its place is kept.
func extend(history []dify.EnvState, s dify.EnvState) []dify.EnvState {
	if n := len(history); n > 0 {
		last := history[n-1]
		last.Since = s.Since
		if last == s {
			return history
		}
	}
	return append(history, s)
}

func end(history []dify.EnvState, version string) []dify.EnvState {
	if n := len(history); n > 0 && !history[n-1].Gone {
		return append(history, dify.EnvState{Since: version, Gone: true})
	}
	return history
}

// defaultOf keeps the sum of a secret's value only.
func defaultOf(name, value string) dify.Default {
	if dotenv.IsSecret(name, value) {
		return dify.Default{Sum: dify.Sum(value)}
	}
	return dify.Default{Text: value}
}

func (h envHistory) keys() []dify.EnvKey {
	var out []dify.EnvKey
	for _, k := range h.states {
		out = append(out, *k)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
