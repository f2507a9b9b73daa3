// Command bare does the work of http checks and nothing else: it gets COUNT
// addresses below URL, at most CONCURRENCY at a time, and wants status 200. The
// gate is compared with it.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
)

func main() {
	count, _ := strconv.Atoi(os.Args[2])
	concurrency, _ := strconv.Atoi(os.Args[3])
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}}
	next := make(chan int)
	var failed atomic.Int64
	var group sync.WaitGroup
	for range min(count, concurrency) {
		group.Go(func() {
			for i := range next {
				if err := get(client, fmt.Sprint(os.Args[1], "/", i)); err != nil {
					failed.Add(1)
				}
			}
		})
	}
	for i := range count {
		next <- i
	}
	close(next)
	group.Wait()
	fmt.Println(count, "done,", failed.Load(), "failed")
	if failed.Load() > 0 {
		os.Exit(1)
	}
}

func get(client *http.Client, url string) error {
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}
