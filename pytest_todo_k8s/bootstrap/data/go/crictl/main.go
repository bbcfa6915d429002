// Command crictl is the subset of the Kubernetes container runtime command line that minikube calls inside a node.
//
// The upstream tool is not published as a Go module that can be built by itself; minikube needs: version, info,
// images, ps, stop, rm, rmi, pull and logs.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const (
	version         = "v1.34.0"
	configFile      = "/etc/crictl.yaml"
	defaultEndpoint = "unix:///run/containerd/containerd.sock"
	defaultTimeout  = 30 * time.Second
	pullTimeout     = 10 * time.Minute
	largestMessage  = 64 << 20 // bytes; the list of all images of a busy node is longer than gRPC's 4 MiB
)

// client is a connection to the container runtime with the command line that asked for it.
type client struct {
	runtime cri.RuntimeServiceClient
	images  cri.ImageServiceClient
	options options
}

// commands maps the name of a command to what it does with its arguments.
var commands = map[string]func(client, context.Context, []string) error{
	"version": client.version,
	"info":    client.info,
	"images":  client.listImages,
	"pull":    client.pull,
	"rmi":     client.removeImages,
	"ps":      client.listContainers,
	"stop":    client.stop,
	"rm":      client.removeContainers,
	"logs":    client.logs,
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "crictl:", err)
		os.Exit(1)
	}
}

func run(argv []string) error {
	o := parse(argv)
	if len(o.arguments) == 0 {
		if o.has("version", "v") {
			fmt.Println("crictl version", version)
			return nil
		}
		return errors.New("no command")
	}
	name, arguments := o.arguments[0], o.arguments[1:]
	command, known := commands[name]
	if !known {
		return fmt.Errorf("unknown command %q", name)
	}
	limit, err := timeout(name, o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	connection, err := connect(o)
	if err != nil {
		return err
	}
	defer connection.Close()
	return command(client{cri.NewRuntimeServiceClient(connection), cri.NewImageServiceClient(connection), o}, ctx, arguments)
}

// timeout returns how long a command may take; "stop" reads the option as its grace period in seconds as well.
func timeout(command string, o options) (time.Duration, error) {
	text := o.get("timeout", "t")
	if command == "pull" {
		return pullTimeout, nil
	}
	if text == "" || command == "stop" {
		return defaultTimeout, nil
	}
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	return time.ParseDuration(text)
}

func connect(o options) (*grpc.ClientConn, error) {
	address := o.get("runtime-endpoint", "r")
	if address == "" {
		address = configuredEndpoint()
	}
	return grpc.NewClient(
		address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largestMessage)),
	)
}

func configuredEndpoint() string {
	content, err := os.ReadFile(configFile)
	if err != nil {
		return defaultEndpoint
	}
	for _, line := range strings.Split(string(content), "\n") {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), "runtime-endpoint:"); found {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return defaultEndpoint
}

func printJSON(value any) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
