// What the page and the service say to each other, and what the page knows of a song. Read by the type checker alone.

/** Every genre's probability, in the model's order. */
export type ByGenre = Record<string, number>;

/** One clip of a song; a silent one has no genre. Times in seconds. */
export interface Moment {
  start: number;
  end: number;
  genre: string | null;
  probability: number | null;
  genres: ByGenre | null;
}

/** The picture that the network hears: `bands * columns` bytes, lowest band first, row by row, as base64. */
export interface SpectrogramData {
  bands: number;
  columns: number;
  column_seconds: number;
  floor_db: number;
  ceiling_db: number;
  low_hz: number;
  high_hz: number;
  data: string;
}

/** Seconds of a song, and how much its genre loses when they are hidden. */
export interface Hidden {
  start: number;
  end: number;
  drop: number;
}

export interface Explanation {
  genre: string;
  window_seconds: number;
  windows: Hidden[];
}

/** A song's genre, as the service answers with `full=true`. */
export interface Answer {
  genre: string;
  probability: number;
  unsure: boolean;
  genres: ByGenre;
  top: { genre: string; probability: number }[];
  seconds: number;
  clips: number;
  faults: number;
  model: string;
  timeline?: Moment[];
  spectrogram?: SpectrogramData;
  explanation?: Explanation;
}

/** What went wrong, in the service's words. */
export interface Refusal {
  error: string;
  kind: string;
}

/** How far the service is with a song. */
export interface Progress {
  seconds: number;
  clips: number;
  total_seconds: number | null;
}

/** What came of sending a song. */
export type Reply =
  | { kind: "answer"; answer: Answer }
  | { kind: "refused"; status: number; refusal: Refusal; retryAfter: number | null }
  | { kind: "unreachable" };

/**
 * Where a song is: waiting in the page, on its way, waiting at the service, being heard, told to come back, or done in
 * one of three ways.
 */
export type State = "waiting" | "sending" | "queued" | "listening" | "busy" | "heard" | "failed" | "cancelled";

/** Whether a song's pictures are in the page. */
export type Pictures = "none" | "coming" | "here" | "failed";

export interface Song {
  id: number;
  file: File;
  /** The file's name, in composed characters. */
  name: string;
  /** Folder and name where a folder was dropped, otherwise the name; exactly as the browser gave it. */
  path: string;
  state: State;
  /** How much is done of what `state` says, 0 to 1; null where nobody knows. */
  part: number | null;
  /** What `state` says, in words for people. */
  note: string;
  /** Without spectrogram and explanation, which are kept for the last few songs only. */
  answer: Answer | null;
  refusal: Refusal | null;
  pictures: Pictures;
  /** Why there are none. */
  trouble: string;
}

/** A file that was dropped or chosen. */
export interface Found {
  file: File;
  path: string;
}

/** Where a chart's time axis lies, in CSS pixels from the chart's left edge. */
export interface Plane {
  width: number;
  left: number;
  right: number;
  seconds: number;
}

export interface Interval {
  low: number;
  high: number;
}

export interface GenreScores {
  count: number;
  precision: number;
  recall: number;
  f1: number;
}

export interface Scores {
  count: number;
  accuracy: number;
  interval: Interval;
  precision: number;
  recall: number;
  f1: number;
  log_loss: number;
  calibration_error: number;
  genres: GenreScores[];
  /** A row for each true genre, a column for each answered one. */
  confusion: { counts: number[][] };
}

export interface Reliability {
  error_before: number;
  error_after: number;
  log_loss_before: number;
  log_loss_after: number;
  sure: { count: number; coverage: number; accuracy: number; interval: Interval } | null;
}

/** The card of a model file, as far as the page shows it. */
export interface Card {
  program: string;
  genres: string[];
  network: { channels: number[]; encoder: { kind: string } };
  front_end: { sample_rate_hz: number; bands: number; clip_seconds: number; overlap: number };
  training: {
    data: { tracks: Record<string, number>; fingerprint: string };
    epochs: number;
    fine_tuned_from?: string;
    figures: { judged: string; scores: Scores; reliability?: Reliability } | null;
  };
  calibration?: { temperature: number; unsure_below: number | null; fitted_on: string };
}

/** What the table needs of the model; filled in when it becomes known. */
export interface Known {
  /** In the model's order. */
  genres: string[];
  /** Whether it calls answers unsure at all. */
  doubts: boolean;
}

export interface Model {
  id: string;
  embedded: boolean;
  card: Card;
  /** What may be expected of new songs; null where nobody measured the model. */
  promise: { songs_of_each_genre: number; accuracy: Interval } | null;
}
