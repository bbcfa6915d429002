package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func (c client) version(ctx context.Context, _ []string) error {
	answer, err := c.runtime.Version(ctx, &cri.VersionRequest{})
	if err != nil {
		return err
	}
	fmt.Printf("Version:  %s\nRuntimeName:  %s\nRuntimeVersion:  %s\nRuntimeApiVersion:  %s\n",
		answer.Version, answer.RuntimeName, answer.RuntimeVersion, answer.RuntimeApiVersion)
	return nil
}

func (c client) info(ctx context.Context, _ []string) error {
	answer, err := c.runtime.Status(ctx, &cri.StatusRequest{Verbose: true})
	if err != nil {
		return err
	}
	out := map[string]any{"status": answer.Status}
	for key, text := range answer.Info {
		var value any = text
		var decoded any
		if json.Unmarshal([]byte(text), &decoded) == nil {
			value = decoded
		}
		out[key] = value
	}
	return printJSON(out)
}

func (c client) listContainers(ctx context.Context, _ []string) error {
	found, err := c.findContainers(ctx)
	if err != nil {
		return err
	}
	if c.options.get("output", "o") == "json" {
		return printJSON(map[string]any{"containers": found})
	}
	for _, container := range found {
		if c.options.has("q", "quiet") {
			fmt.Println(container.Id)
		} else {
			fmt.Println(container.Id, container.State, container.Metadata.Name, container.Metadata.Attempt)
		}
	}
	return nil
}

// findContainers applies --label, --state, --name and, unless --all or a state is given, "running".
func (c client) findContainers(ctx context.Context) ([]*cri.Container, error) {
	filter := &cri.ContainerFilter{LabelSelector: map[string]string{}}
	for _, label := range c.options.values["label"] {
		key, value, _ := strings.Cut(label, "=")
		filter.LabelSelector[key] = value
	}
	state := c.options.get("state", "s")
	if state == "" && !c.options.has("a", "all") {
		state = "running"
	}
	name, err := regexp.Compile(c.options.get("name"))
	if err != nil {
		return nil, err
	}
	answer, err := c.runtime.ListContainers(ctx, &cri.ListContainersRequest{Filter: filter})
	if err != nil {
		return nil, err
	}
	found := []*cri.Container{}
	for _, container := range answer.Containers {
		fits := state == "" || strings.EqualFold("CONTAINER_"+state, container.State.String())
		if fits && name.MatchString(container.Metadata.Name) {
			found = append(found, container)
		}
	}
	return found, nil
}

func (c client) stop(ctx context.Context, ids []string) error {
	grace, err := strconv.ParseInt("0"+c.options.get("timeout", "t"), 10, 64)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := c.runtime.StopContainer(ctx, &cri.StopContainerRequest{ContainerId: id, Timeout: grace}); err != nil {
			return err
		}
	}
	return nil
}

func (c client) removeContainers(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if c.options.has("f", "force") {
			// Removing it below tells whether it could be stopped.
			_, _ = c.runtime.StopContainer(ctx, &cri.StopContainerRequest{ContainerId: id})
		}
		if _, err := c.runtime.RemoveContainer(ctx, &cri.RemoveContainerRequest{ContainerId: id}); err != nil {
			return err
		}
	}
	return nil
}

func (c client) logs(ctx context.Context, ids []string) error {
	lines := c.options.get("tail")
	if lines == "" {
		lines = "+1" // from the first line on
	}
	for _, id := range ids {
		answer, err := c.runtime.ContainerStatus(ctx, &cri.ContainerStatusRequest{ContainerId: id})
		if err != nil {
			return err
		}
		tail := exec.CommandContext(ctx, "tail", "-n", lines, answer.Status.LogPath)
		tail.Stdout, tail.Stderr = os.Stdout, os.Stderr
		if err := tail.Run(); err != nil {
			return err
		}
	}
	return nil
}
