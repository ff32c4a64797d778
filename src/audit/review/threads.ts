import { sha256 } from "../../base";
import { type Note, type Review, reviewState } from "./review";

/** A note with the answers of all reviewers to it, oldest first. */
export interface NoteThread {
  readonly reviewer: string;
  readonly note: Omit<Note, "answers">;
  readonly answers: readonly { readonly reviewer: string; readonly text: string; readonly at: string }[];
}

/** The notes of several reviewers, oldest first. An answer may stand in another review than the note. */
export function threadsOf(reviews: readonly Review[]): NoteThread[] {
  const answers = reviews.flatMap(({ reviewer, entries }) => entries.flatMap((entry) => (entry.type === "note.answered" ? [{ reviewer, to: entry.data.to, text: entry.data.text, at: entry.at }] : [])));
  const byTime = <Said extends { readonly at: string }>(one: Said, other: Said): number => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0);
  return reviews
    .flatMap((review) => reviewState(review).notes.map((note) => ({ reviewer: review.reviewer, note })))
    .sort((one, other) => byTime(one.note, other.note))
    .map(({ reviewer, note }) => ({ reviewer, note, answers: answers.filter(({ to }) => to === note.id).sort(byTime).map(({ reviewer: by, text, at }) => ({ reviewer: by, text, at })) }));
}

/** The code under which a reviewer's work is stored, from the name that they sign with: `Ann Smith` is `ann-smith`. */
export function reviewerCode(name: string): string {
  const code = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, "-")
    .replace(/^[-.]+|(?<![-.])[-.]+$/g, "")
    .slice(0, 64);
  // Names in other scripts have no letters of their own here.
  return code === "" ? `reviewer-${sha256(name).slice(0, 8)}` : code;
}
