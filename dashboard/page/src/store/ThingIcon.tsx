import type { Kind } from "../../../client/index.ts";
import { Icon } from "../ui/Icon.tsx";

/** The longest icon that is shown as text: an emoji may be several code points. */
const TEXT_MAX = 16;

/** The icon of an app or a desktop, as its publisher gave it: an emoji, or a small picture. An address is not loaded: it would count visitors. */
export function ThingIcon({ icon, kind, isLarge = false }: { icon: string | null; kind: Kind; isLarge?: boolean }) {
  const isPicture = icon !== null && /^data:image\//.test(icon);
  const isText = icon !== null && icon.trim() !== "" && icon.length <= TEXT_MAX && !/[a-z:/]/i.test(icon);
  return (
    <span className={isLarge ? "thing-icon large" : "thing-icon"} aria-hidden="true">
      {isPicture ? (
        <img src={icon} alt="" />
      ) : isText ? (
        icon
      ) : (
        <Icon name={kind === "apps" ? "store" : "desktop"} size={isLarge ? 28 : 20} />
      )}
    </span>
  );
}
