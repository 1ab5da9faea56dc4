//! Imports of components as people and agents write them.

use super::*;

fn scan(path: &str, source: &str) -> Imports {
    let mut imports = Imports::default();
    imports.scan(path, source, &Aliases::default());
    imports
}

fn packages(path: &str, source: &str) -> Vec<String> {
    scan(path, source).packages.into_iter().collect()
}

#[test]
fn every_way_to_name_a_package_is_seen() {
    for (source, package) in [
        ("import React from 'react';", "react"),
        ("import 'side-effect';", "side-effect"),
        ("import * as d3 from \"d3\"", "d3"),
        ("import {} from 'empty'", "empty"),
        ("import { a, type B } from 'mixed'", "mixed"),
        ("import def, { type B } from 'mixed'", "mixed"),
        ("const m = await import('dynamic');", "dynamic"),
        ("const m = () => import(`template`);", "template"),
        ("const Lazy = React.lazy(() => import(/* webpackChunkName: 'x' */ 'lazy/sub'))", "lazy"),
        ("const x = require('required');", "required"),
        ("if (a) { b(require(`inside`).c) }", "inside"),
        ("const p = require.resolve('resolved/package.json')", "resolved"),
        ("const u = import.meta.resolve('meta')", "meta"),
        ("export { a } from 'named';", "named"),
        ("export * from 'all';", "all"),
        ("export * as ns from 'namespace';", "namespace"),
        ("import x = require('equals')", "equals"),
        ("import s from '@scope/name'", "@scope/name"),
        ("import s from '@scope/name/deep/path.js'", "@scope/name"),
        ("import 'package/dist/style.css'", "package"),
        ("import raw from 'raw-loader-file?raw'", "raw-loader-file"),
        ("import data from 'data' with { type: 'json' }", "data"),
        ("/* c */ import /* c */ a /* c */ from /* c */ 'comments'", "comments"),
        ("import a from 'e\\u0073caped'", "escaped"),
        ("import Old from 'JSONStream'", "JSONStream"),
    ] {
        assert_eq!(packages("src/apps/a/index.ts", source), [package], "{source}");
    }
}

#[test]
fn what_is_no_package_is_not_taken_for_one() {
    for source in [
        "import a from './a'; import b from '../b'; import c from '.'; import d from '..'",
        "import a from '/src/a'; import b from '@/components/b'; import c from '~/c'; import d from '#internal/d'",
        "import fs from 'node:fs'; import test from 'node:test'; import a from 'https://esm.sh/react'; import b from 'virtual:x'",
        "import data from 'data:text/javascript,1'; import b from 'bun:sqlite'",
        "// import a from 'comment'\n/* require('comment') */",
        "const text = \"import a from 'text'\"; const t = `import('template')`; const r = /require('regex')/;",
        "const name = 'x'; import(name); import(`./${name}`); require(name + '.js'); import(`pkg-${name}`)",
        "obj.require('method'); obj.import('method'); function f() { return 'require(\"x\")' }",
        "import a from ''; import b from '@scope'; import c from '.hidden'; import d from 'a b'; import e from '__proto__'",
        "import { useState } from",
    ] {
        assert_eq!(packages("src/apps/a/index.ts", source), Vec::<String>::new(), "{source}");
    }
}

#[test]
fn types_and_builtins_are_told_apart() {
    let imports = scan(
        "a.ts",
        "import type { A } from 'types-only'; import { type B } from 'types-too'; export type { C } from 'types-out';\n\
         type D = import('types-inline').D; import fs from 'fs/promises'; import { Buffer } from 'buffer'; import 'events'",
    );
    let names = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(names(&imports.packages), "");
    assert_eq!(names(&imports.types), "types-inline types-only types-out types-too");
    assert_eq!(names(&imports.builtins), "buffer events fs");
}

#[test]
fn a_real_component_needs_what_it_imports() {
    let source = r#"
        "use client"
        import { useEffect, useRef, useState, type ReactNode } from "react"
        import { Canvas, useFrame } from "@react-three/fiber"
        import { OrbitControls } from "@react-three/drei/core/OrbitControls"
        import * as THREE from "three"
        import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js"
        import { create } from 'zustand'
        import clsx from 'clsx'
        import { Button } from "@/components/ui/button"
        import { Plus, Trash2 as Trash } from "lucide-react"
        import type { Note } from "./types"
        import "./styles.css"

        const Editor = lazy(() => import("@monaco-editor/react").then(m => ({ default: m.default })))

        export default function Notes<T extends Note,>({ items, render }: { items: T[]; render: (t: T) => ReactNode }) {
          const [open, setOpen] = useState<Record<string, boolean>>({})
          useEffect(() => { void import("date-fns").then(({ format }) => format(new Date(), "P")) }, [])
          return <div className={clsx("a", { "import x from 'string'": open })}>
            {/* import y from "jsx-comment" */}
            {items.map(item => <Button key={item.id} onClick={() => setOpen(o => ({ ...o, [item.id]: !o[item.id] }))}><Plus />{render(item)}</Button>)}
            import z from "jsx-text"
          </div>
        }
    "#;
    let wanted = [
        "@monaco-editor/react",
        "@react-three/drei",
        "@react-three/fiber",
        "clsx",
        "date-fns",
        "lucide-react",
        "react",
        "three",
        "zustand",
    ];
    assert_eq!(packages("src/apps/notes/index.tsx", source), wanted);
}

#[test]
fn each_kind_of_file_is_read_in_its_language() {
    assert_eq!(packages("a.js", "import a from 'a'; export default () => <div/>"), ["a"]);
    assert_eq!(packages("a.cjs", "module.exports = require('a')"), ["a"]);
    assert_eq!(packages("a.mts", "import a from 'a'; let x = <string>a;"), ["a"]);
    assert_eq!(packages("a.jsx", "const a = require('a'); <A b={require('b')}/>"), ["a", "b"]);
    assert!(is_source("a/b.tsx") && !is_source("a.css") && !is_source("tsx") && !is_source("a.json"));
    assert_eq!(packages("a.css", "@import 'a'"), Vec::<String>::new());
}

#[test]
fn a_name_that_npm_does_not_take_is_none() {
    for good in ["react", "@a/b", "lodash.merge", "a_b", "JSONStream", "7zip", &"a".repeat(214)] {
        assert!(is_package_name(good), "{good}");
    }
    for bad in [
        "",
        "@",
        "@a",
        "@a/",
        "@/a",
        "@a/b/c",
        ".a",
        "_a",
        "-rf",
        "a;b",
        "a b",
        "é",
        "$(x)",
        "node_modules",
        &"a".repeat(215),
    ] {
        assert!(!is_package_name(bad), "{bad}");
    }
}
