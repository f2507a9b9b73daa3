package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/dify-gate/dify-gate/gate/config"
)

// jobSpec is what a Job's spec, or Argo's job provider, may hold: a key that is
// not here, or a typing mistake in one, fails. The full types of Kubernetes weigh
// more than this program.
type jobSpec struct {
	BackoffLimit            *int `yaml:"backoffLimit"`
	ActiveDeadlineSeconds   int  `yaml:"activeDeadlineSeconds"`
	TTLSecondsAfterFinished int  `yaml:"ttlSecondsAfterFinished"`
	Template                struct {
		Metadata manifestMeta `yaml:"metadata"`
		Spec     podSpec      `yaml:"spec"`
	} `yaml:"template"`
}

type manifestMeta struct {
	Name        string            `yaml:"name"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

type podSpec struct {
	RestartPolicy                string           `yaml:"restartPolicy"`
	AutomountServiceAccountToken *bool            `yaml:"automountServiceAccountToken"`
	SecurityContext              map[string]any   `yaml:"securityContext"`
	InitContainers               []containerSpec  `yaml:"initContainers"`
	Containers                   []containerSpec  `yaml:"containers"`
	Volumes                      []map[string]any `yaml:"volumes"`
}

type containerSpec struct {
	Name            string           `yaml:"name"`
	Image           string           `yaml:"image"`
	Command         []string         `yaml:"command"`
	Env             []map[string]any `yaml:"env"`
	EnvFrom         []map[string]any `yaml:"envFrom"`
	SecurityContext map[string]any   `yaml:"securityContext"`
	Resources       map[string]any   `yaml:"resources"`
	VolumeMounts    []map[string]any `yaml:"volumeMounts"`
	Ports           []servicePort    `yaml:"ports"`
	ReadinessProbe  struct {
		HTTPGet struct {
			Path string `yaml:"path"`
			Port string `yaml:"port"`
		} `yaml:"httpGet"`
	} `yaml:"readinessProbe"`
}

// deploymentSpec is a Deployment's.
type deploymentSpec struct {
	Replicas int `yaml:"replicas"`
	Selector struct {
		MatchLabels map[string]string `yaml:"matchLabels"`
	} `yaml:"selector"`
	Template struct {
		Metadata manifestMeta `yaml:"metadata"`
		Spec     podSpec      `yaml:"spec"`
	} `yaml:"template"`
}

type serviceSpec struct {
	Selector map[string]string `yaml:"selector"`
	Ports    []servicePort     `yaml:"ports"`
}

// servicePort is a port of a Service, or of a container.
type servicePort struct {
	Name          string `yaml:"name"`
	Port          int    `yaml:"port"`
	TargetPort    string `yaml:"targetPort"`
	ContainerPort int    `yaml:"containerPort"`
}

// manifest is any of the kinds that the examples use.
type manifest struct {
	APIVersion string            `yaml:"apiVersion"`
	Kind       string            `yaml:"kind"`
	Metadata   manifestMeta      `yaml:"metadata"`
	Spec       yaml.Node         `yaml:"spec"`
	Data       map[string]string `yaml:"data"`
}

type analysisSpec struct {
	Args []struct {
		Name      string         `yaml:"name"`
		Value     string         `yaml:"value"`
		ValueFrom map[string]any `yaml:"valueFrom"`
	} `yaml:"args"`
	Metrics []struct {
		Name              string `yaml:"name"`
		Count             int    `yaml:"count"`
		FailureLimit      *int   `yaml:"failureLimit"`
		InconclusiveLimit *int   `yaml:"inconclusiveLimit"`
		SuccessCondition  string `yaml:"successCondition"`
		FailureCondition  string `yaml:"failureCondition"`
		Provider          struct {
			Job *struct {
				Spec jobSpec `yaml:"spec"`
			} `yaml:"job"`
			Web *struct {
				Method         string              `yaml:"method"`
				URL            string              `yaml:"url"`
				TimeoutSeconds int                 `yaml:"timeoutSeconds"`
				Headers        []map[string]string `yaml:"headers"`
				Body           string              `yaml:"body"`
				JSONPath       string              `yaml:"jsonPath"`
			} `yaml:"web"`
		} `yaml:"provider"`
	} `yaml:"metrics"`
}

var argUse = regexp.MustCompile(`\{\{args\.([a-z-]+)\}\}`)

// TestKubernetesManifests: each example is made of known keys of the right types,
// runs the gate once, and uses no argument that it does not declare.
func TestKubernetesManifests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(root + "/examples/kubernetes/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("%v, %v, want the manifests", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range bytes.Split(data, []byte("\n---\n")) {
			var m manifest
			if err := yaml.Load(doc, &m, yaml.WithKnownFields()); err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			if m.Metadata.Name == "" {
				t.Errorf("%s: a %s without a name", file, m.Kind)
			}
			switch m.APIVersion + " " + m.Kind {
			case "batch/v1 Job":
				var spec jobSpec
				if err := m.Spec.Load(&spec, yaml.WithKnownFields()); err != nil {
					t.Errorf("%s: %v", file, err)
				}
				checkJob(t, file, spec)
			case "v1 Pod":
				var spec podSpec
				if err := m.Spec.Load(&spec, yaml.WithKnownFields()); err != nil {
					t.Errorf("%s: %v", file, err)
				}
				checkPod(t, file, spec)
			case "argoproj.io/v1alpha1 AnalysisTemplate":
				checkAnalysis(t, file, string(doc), m)
			case "apps/v1 Deployment":
				checkDeployment(t, file, m)
			case "v1 Service":
				checkService(t, file, m)
			case "v1 ConfigMap":
				checkConfigMap(t, file, m.Data)
			default:
				t.Errorf("%s: a %s of %s is not known to this test", file, m.Kind, m.APIVersion)
			}
		}
	}
}

// checkJob: a gate that is tried again, or whose pod is restarted, would turn a
// block into a second run.
func checkJob(t *testing.T, file string, spec jobSpec) {
	t.Helper()
	if spec.BackoffLimit == nil || *spec.BackoffLimit != 0 {
		t.Errorf("%s: backoffLimit %v, want 0", file, spec.BackoffLimit)
	}
	checkPod(t, file, spec.Template.Spec)
}

func checkPod(t *testing.T, file string, pod podSpec) {
	t.Helper()
	if pod.RestartPolicy != "Never" {
		t.Errorf("%s: restartPolicy %q, want Never", file, pod.RestartPolicy)
	}
	if len(pod.Containers) != 1 || pod.Containers[0].Command[0] != "gate" || pod.Containers[0].Command[1] != "run" {
		t.Errorf("%s: containers %+v, want one whose command is gate run", file, pod.Containers)
	}
}

func checkAnalysis(t *testing.T, file, text string, m manifest) {
	t.Helper()
	var spec analysisSpec
	if err := m.Spec.Load(&spec, yaml.WithKnownFields()); err != nil {
		t.Errorf("%s: %v", file, err)
		return
	}
	declared := map[string]bool{}
	for _, a := range spec.Args {
		declared[a.Name] = true
	}
	for _, use := range argUse.FindAllStringSubmatch(text, -1) {
		if !declared[use[1]] {
			t.Errorf("%s: argument %s is used and not declared", file, use[1])
		}
	}
	for _, metric := range spec.Metrics {
		switch p := metric.Provider; {
		case p.Job != nil:
			checkJob(t, file, p.Job.Spec)
		case p.Web == nil || p.Web.URL == "" || p.Web.JSONPath == "":
			t.Errorf("%s: metric %s has no provider that is known", file, metric.Name)
		case !strings.Contains(metric.SuccessCondition, `"pass"`) || !strings.Contains(metric.FailureCondition, `"block"`):
			t.Errorf("%s: metric %s succeeds on %q and fails on %q, want verdicts", file, metric.Name, metric.SuccessCondition, metric.FailureCondition)
		}
	}
}

// checkDeployment: one gate serve, whose pods its selector finds.
func checkDeployment(t *testing.T, file string, m manifest) {
	t.Helper()
	var spec deploymentSpec
	if err := m.Spec.Load(&spec, yaml.WithKnownFields()); err != nil {
		t.Errorf("%s: %v", file, err)
		return
	}
	if !maps.Equal(spec.Selector.MatchLabels, spec.Template.Metadata.Labels) {
		t.Errorf("%s: selects %v, its pods have %v", file, spec.Selector.MatchLabels, spec.Template.Metadata.Labels)
	}
	c := spec.Template.Spec.Containers
	if len(c) != 1 || c[0].Command[0] != "gate" || c[0].Command[1] != "serve" || c[0].ReadinessProbe.HTTPGet.Path != "/healthz" {
		t.Errorf("%s: containers %+v, want one whose command is gate serve, asked for /healthz", file, c)
	}
}

// checkService: the web metric's address is this Service's.
func checkService(t *testing.T, file string, m manifest) {
	t.Helper()
	var spec serviceSpec
	if err := m.Spec.Load(&spec, yaml.WithKnownFields()); err != nil || len(spec.Ports) != 1 {
		t.Errorf("%s: %v, ports %v, want one", file, err, spec.Ports)
		return
	}
	web, err := os.ReadFile(filepath.Join(filepath.Dir(file), "analysis-web.yaml"))
	if address := fmt.Sprintf("url: http://%s:%d/v1/verdict\n", m.Metadata.Name, spec.Ports[0].Port); err != nil || !strings.Contains(string(web), address) {
		t.Errorf("%s: analysis-web.yaml does not ask %q (%v)", file, address, err)
	}
}

// checkConfigMap: the gate.yaml in it is one.
func checkConfigMap(t *testing.T, file string, data map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range data {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		set := func(string) (string, bool) { return "x", true }
		if _, err := config.Load(path, config.Options{WorkDir: dir, LookupEnv: set}); err != nil {
			t.Errorf("%s: %s: %v", file, name, err)
		}
	}
}
