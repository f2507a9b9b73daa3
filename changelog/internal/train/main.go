// Command train makes changelog/internal/model/weights.txt. It needs the
// labelled notes, which are not part of the repository:
//
//	go run ./changelog/internal/train [-data ../shared/changelog]
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dify-gate/dify-gate/changelog/internal/corpus"
	"github.com/dify-gate/dify-gate/changelog/internal/learn"
)

func main() {
	data := flag.String("data", "../shared/changelog", "folder of the labelled notes")
	root := flag.String("root", "changelog", "folder of the package changelog")
	flag.Parse()
	if err := run(*data, *root); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(data, root string) error {
	docs, err := corpus.Load(data)
	if err != nil {
		return err
	}
	own, err := corpus.Own(filepath.Join(root, "testdata"))
	if err != nil {
		return err
	}
	m, err := learn.Read(append(docs, own...)).Train(learn.Defaults(), func(string) bool { return true })
	if err != nil {
		return err
	}
	file, err := os.Create(filepath.Join(root, "internal", "model", "weights.txt"))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := m.Write(file); err != nil {
		return err
	}
	fmt.Printf("%d signs\n", m.Rows())
	return file.Close()
}
