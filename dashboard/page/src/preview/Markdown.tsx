import { lexer, type Token, type Tokens } from "marked";
import { type ReactNode, useMemo } from "react";
import { useSource } from "../state/heard.ts";
import { useWorkspace } from "../state/workspace.ts";
import { linkOf, pictureOf } from "./links.ts";

/** Deeper than anybody writes; what is deeper is shown as it was written. */
const DRAWN_MAX_DEPTH = 100;

interface MarkdownProps {
  text: string;
  path: string;
  /** Whether it stands among others in something that is scrolled: then it is no place of its own to go to by keys. */
  isPart?: boolean;
}

/** Markdown as elements. No HTML is ever made of a file: what is HTML in it is shown as text, so nothing in it can run. */
export default function Markdown({ text, path, isPart = false }: MarkdownProps) {
  const { root } = useWorkspace();
  const blocks = useMemo(() => {
    // Front matter is not part of what is read.
    const body = text.replace(/^\ufeff?---\r?\n[\s\S]*?\r?\n---(\r?\n|$)/, "");
    const place: Place = { path, root, depth: 0 };
    const tokens = tokensOf(body);
    return tokens === null ? <pre className="as-text">{body}</pre> : drawAll(tokens, place);
  }, [text, path, root]);
  if (isPart) return <div className="markdown">{blocks}</div>;
  return (
    <article className="markdown" tabIndex={0} aria-label="Text">
      {blocks}
    </article>
  );
}

/** Null for what is nested so deeply that the lexer, which calls itself, comes to no end of it. */
function tokensOf(text: string): Token[] | null {
  try {
    return lexer(text, { gfm: true });
  } catch {
    return null;
  }
}

interface Place {
  path: string;
  root: string;
  /** In how many tokens this one is. */
  depth: number;
}

function drawAll(tokens: readonly Token[] | undefined, place: Place): ReactNode[] {
  const inner = { ...place, depth: place.depth + 1 };
  return (tokens ?? []).map((token, index) =>
    place.depth < DRAWN_MAX_DEPTH ? <Draw key={index} token={token} place={inner} /> : token.raw,
  );
}

/** The text of a token; the lexer has escaped nothing. */
function Draw({ token, place }: { token: Token; place: Place }): ReactNode {
  const inner = () => drawAll("tokens" in token ? token.tokens : [], place);
  switch (token.type) {
    case "heading": {
      const Heading = `h${Math.min((token as Tokens.Heading).depth + 1, 6)}` as "h2";
      return <Heading>{inner()}</Heading>;
    }
    case "paragraph":
      return <p dir="auto">{inner()}</p>;
    case "blockquote":
      return <blockquote>{inner()}</blockquote>;
    case "strong":
      return <strong>{inner()}</strong>;
    case "em":
      return <em>{inner()}</em>;
    case "del":
      return <del>{inner()}</del>;
    case "codespan":
      return <code>{(token as Tokens.Codespan).text}</code>;
    case "code":
      return (
        <pre tabIndex={0}>
          <code>{(token as Tokens.Code).text}</code>
        </pre>
      );
    case "br":
      return <br />;
    case "hr":
      return <hr />;
    case "list":
      return <DrawList list={token as Tokens.List} place={place} />;
    case "table":
      return <DrawTable table={token as Tokens.Table} place={place} />;
    case "link":
      return <DrawLink link={token as Tokens.Link} place={place} />;
    case "image":
      return <DrawPicture image={token as Tokens.Image} place={place} />;
    case "space":
    case "def":
      return null;
    case "checkbox":
      return null;
    case "escape":
    case "text":
      return "tokens" in token && token.tokens ? inner() : (token as Tokens.Text).text;
    default:
      return "raw" in token ? <span className="as-text">{token.raw}</span> : null;
  }
}

function DrawList({ list, place }: { list: Tokens.List; place: Place }) {
  const items = list.items.map((item, index) => (
    <li key={index} className={item.task ? "task" : ""}>
      {item.task && <input type="checkbox" checked={item.checked ?? false} readOnly disabled aria-label="Task" />}
      {drawAll(item.tokens, place)}
    </li>
  ));
  return list.ordered ? <ol start={Number(list.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function DrawTable({ table, place }: { table: Tokens.Table; place: Place }) {
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label="Table">
      <table>
        <thead>
          <tr>
            {table.header.map((cell, index) => (
              <th key={index}>{drawAll(cell.tokens, place)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>{drawAll(cell.tokens, place)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DrawLink({ link, place }: { link: Tokens.Link; place: Place }) {
  const target = linkOf(link.href, place.path, place.root);
  const inner = drawAll(link.tokens, place);
  if (target === null) return <span className="as-text">{inner}</span>;
  const outside = target.startsWith("#") ? {} : { target: "_blank", rel: "noopener noreferrer" };
  return (
    <a href={target} title={link.title ?? undefined} {...outside}>
      {inner}
    </a>
  );
}

function OwnPicture({ path, image }: { path: string; image: Tokens.Image }) {
  const { source } = useSource(path);
  return <img src={source} alt={image.text} title={image.title ?? undefined} loading="lazy" />;
}

/** A picture of this workspace is shown; one of elsewhere would tell its host who reads, so it is a link. */
function DrawPicture({ image, place }: { image: Tokens.Image; place: Place }) {
  const picture = pictureOf(image.href, place.path, place.root);
  if (picture !== null) return <OwnPicture path={picture} image={image} />;
  const target = linkOf(image.href, place.path, place.root);
  if (target === null) return <span className="as-text">{image.text}</span>;
  return (
    <a href={target} target="_blank" rel="noopener noreferrer">
      {image.text || image.href}
    </a>
  );
}
