package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// image has the field names and order of the upstream tool's JSON.
type image struct {
	ID          string   `json:"id"`
	RepoTags    []string `json:"repoTags"`
	RepoDigests []string `json:"repoDigests"`
	Size        string   `json:"size"`
	Pinned      bool     `json:"pinned"`
}

func (c client) listImages(ctx context.Context, names []string) error {
	answer, err := c.images.ListImages(ctx, &cri.ListImagesRequest{})
	if err != nil {
		return err
	}
	found := []image{}
	for _, i := range answer.Images {
		if len(names) == 0 || slices.Contains(i.RepoTags, names[0]) || strings.HasPrefix(i.Id, names[0]) {
			found = append(found, image{i.Id, i.RepoTags, i.RepoDigests, strconv.FormatUint(i.Size, 10), i.Pinned})
		}
	}
	if c.options.get("output", "o") == "json" {
		return printJSON(map[string]any{"images": found})
	}
	for _, i := range found {
		if c.options.has("q", "quiet") {
			fmt.Println(i.ID)
		} else {
			fmt.Println(strings.Join(i.RepoTags, ","), i.ID, i.Size)
		}
	}
	return nil
}

func (c client) pull(ctx context.Context, names []string) error {
	for _, name := range names {
		if _, err := c.images.PullImage(ctx, &cri.PullImageRequest{Image: &cri.ImageSpec{Image: name}}); err != nil {
			return err
		}
	}
	return nil
}

func (c client) removeImages(ctx context.Context, names []string) error {
	for _, name := range names {
		if _, err := c.images.RemoveImage(ctx, &cri.RemoveImageRequest{Image: &cri.ImageSpec{Image: name}}); err != nil {
			return err
		}
	}
	return nil
}
