import { Component, type ReactNode } from "react";
import { Icon } from "./Icon.tsx";
import { fetchAnew, NotLoaded } from "./later.tsx";

interface BoundaryProps {
  children: ReactNode;
  /** What is shown: whoever goes to something else gets that, whatever this one met. */
  of?: string;
  /** What is around it, where what it holds would have brought that. */
  frame?: (part: ReactNode) => ReactNode;
  /** What cannot be shown as what it is, as it is. */
  source?: string;
}

interface BoundaryState {
  error: unknown;
  hasFailed: boolean;
  of: string | undefined;
}

/** Keeps what one part of the page meets from the others: what cannot be drawn is said in its place. */
export class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { error: null, hasFailed: false, of: this.props.of };

  static getDerivedStateFromError(error: unknown): Partial<BoundaryState> {
    return { error, hasFailed: true };
  }

  static getDerivedStateFromProps({ of }: BoundaryProps, state: BoundaryState): BoundaryState | null {
    return of === state.of ? null : { error: null, hasFailed: false, of };
  }

  override componentDidMount(): void {
    addEventListener("online", this.#online);
  }

  override componentWillUnmount(): void {
    removeEventListener("online", this.#online);
  }

  /** What could not be fetched can be, now. */
  readonly #online = () => {
    if (this.state.error instanceof NotLoaded) this.#again();
  };

  readonly #again = () => {
    fetchAnew();
    this.setState({ error: null, hasFailed: false });
  };

  override render(): ReactNode {
    const { children, source, frame = (part) => part } = this.props;
    const { error, hasFailed } = this.state;
    if (!hasFailed) return children;
    const isMissing = error instanceof NotLoaded;
    return frame(
      <div className="empty" role="alert">
        <Icon name={isMissing ? "offline" : "warning"} size={32} />
        <p className="empty-title">This part of the page could not be shown</p>
        {isMissing && (
          <p className="empty-more">
            It could not be fetched. If the page was updated meanwhile, load it again: what you have typed into files is
            kept.
          </p>
        )}
        <div className="dialog-buttons">
          <button type="button" className="button" onClick={this.#again}>
            Try again
          </button>
          {isMissing && (
            <button type="button" className="button" onClick={() => location.reload()}>
              Reload the page
            </button>
          )}
        </div>
        {source !== undefined && <pre className="as-text">{source}</pre>}
      </div>,
    );
  }
}
