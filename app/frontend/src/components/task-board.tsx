"use client";

import { useState } from "react";

import { createTask, type Filter, FILTERS } from "@/browser/tasks";
import { type TaskList, useTasks } from "@/browser/use-tasks";

import { CreateDialog } from "./create-dialog";
import { FailureBanner } from "./failure-banner";
import { FloatingChat } from "./floating-chat";
import { NewTaskForm } from "./new-task-form";
import { TaskItem } from "./task-item";

const FILTER_LABELS: Readonly<Record<Filter, string>> = { all: "All", active: "Active", completed: "Completed" };
const EMPTY_TEXTS: Readonly<Record<Filter, string>> = {
  all: "No tasks yet. Write down the first one above.",
  active: "Nothing left to do.",
  completed: "Nothing completed yet.",
};

/** The task page: create, filter, the list, and the assistant beside it. */
export function TaskBoard() {
  const [filter, setFilter] = useState<Filter>("all");
  const [creating, setCreating] = useState(false);
  const list = useTasks(filter);
  const { reload } = list;
  return (
    <>
      <NewTaskForm
        onCreate={(title) => list.change(() => createTask({ title }))}
        onDetails={() => {
          setCreating(true);
        }}
      />
      {creating && (
        <CreateDialog
          onCreated={() => reload()}
          onClose={() => {
            setCreating(false);
          }}
        />
      )}
      <div className="filters" role="group" aria-label="Show">
        {(Object.keys(FILTERS) as Filter[]).map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === filter}
            onClick={() => {
              setFilter(name);
            }}
            data-testid={`filter-${name}`}
          >
            {FILTER_LABELS[name]}
          </button>
        ))}
      </div>
      {list.failure !== null && <FailureBanner message={list.failure} onRetry={list.reload} />}
      <Tasks list={list} emptyText={EMPTY_TEXTS[filter]} />
      <FloatingChat onToolsUsed={() => void reload()} />
    </>
  );
}

function Tasks({ list, emptyText }: { readonly list: TaskList; readonly emptyText: string }) {
  if (list.tasks === null) {
    return list.failure === null ? (
      <p role="status" className="quiet" data-testid="tasks-loading">
        Loading your tasks…
      </p>
    ) : null;
  }
  if (list.tasks.length === 0) {
    return (
      <p className="empty quiet" data-testid="tasks-empty">
        {emptyText}
      </p>
    );
  }
  return (
    <>
      <ul className="tasks" data-testid="task-list">
        {list.tasks.map((task) => (
          <TaskItem key={task.id} task={task} change={list.change} />
        ))}
      </ul>
      {list.tasks.length < list.total && (
        <button type="button" onClick={() => void list.loadMore()} data-testid="tasks-more">
          Show more ({list.tasks.length} of {list.total})
        </button>
      )}
    </>
  );
}
