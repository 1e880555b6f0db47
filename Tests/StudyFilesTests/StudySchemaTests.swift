import BuiltInStudy
import FileSupport
import Foundation
import StudyFiles
import Testing
import Yams

/// The keywords of JSON Schema that the study's schema uses, and no other.
private struct SchemaValidator {
    /// What is wrong with a value, each with its place; empty when it fits.
    func complaints(_ value: JSON, _ schema: JSON, at place: String = "") -> [String] {
        guard case .object(let keywords) = schema else { return ["\(place): the schema is no object"] }
        return keywords.flatMap { keyword, wanted in complaints(value, keyword, wanted, schema, place) }
    }

    private func complaints(_ value: JSON, _ keyword: String, _ wanted: JSON, _ schema: JSON, _ place: String)
        -> [String]
    {
        func unless(_ holds: Bool) -> [String] { holds ? [] : ["\(place): \(keyword) \(wanted.compact)"] }
        switch (keyword, wanted, value) {
        case ("$schema", _, _), ("title", _, _), ("description", _, _), ("deprecated", _, _): return []
        case ("type", .string(let name), _): return unless(fits(value, name))
        case ("type", .array(let names), _): return unless(names.contains { fits(value, text($0)) })
        case ("enum", .array(let values), _): return unless(values.contains(value))
        case ("const", _, _): return unless(value == wanted)
        case ("anyOf", .array(let schemas), _):
            return unless(schemas.contains { complaints(value, $0, at: place).isEmpty })
        case ("required", .array(let names), .object):
            return names.filter { value[text($0)] == nil }.map { "\(place): no \(text($0))" }
        case ("properties", _, .object(let members)):
            return members.flatMap { name, member in
                wanted[name].map { complaints(member, $0, at: "\(place).\(name)") } ?? []
            }
        case ("additionalProperties", _, .object(let members)):
            return members.filter { schema["properties"]?[$0.0] == nil }.flatMap { name, member in
                wanted == false ? ["\(place): unknown \(name)"] : complaints(member, wanted, at: "\(place).\(name)")
            }
        case ("items", _, .array(let items)): return items.flatMap { complaints($0, wanted, at: place + "[]") }
        case ("maxItems", .integer(let limit), .array(let items)): return unless(items.count <= limit)
        case ("minProperties", .integer(let limit), .object(let members)): return unless(members.count >= limit)
        case ("maxProperties", .integer(let limit), .object(let members)): return unless(members.count <= limit)
        case ("minimum", .integer(let limit), _): return unless(number(value).map { $0 >= Double(limit) } ?? true)
        case ("maximum", .integer(let limit), _): return unless(number(value).map { $0 <= Double(limit) } ?? true)
        case ("exclusiveMinimum", .integer(let limit), _):
            return unless(number(value).map { $0 > Double(limit) } ?? true)
        case ("exclusiveMaximum", .integer(let limit), _):
            return unless(number(value).map { $0 < Double(limit) } ?? true)
        case ("pattern", .string(let pattern), .string(let text)):
            return unless(text.range(of: pattern, options: .regularExpression) != nil)
        case ("required", _, _), ("properties", _, _), ("additionalProperties", _, _), ("items", _, _),
            ("maxItems", _, _), ("minProperties", _, _), ("maxProperties", _, _), ("pattern", _, _):
            return []
        default: return ["\(place): a keyword that the validator does not know, \(keyword)"]
        }
    }

    private func fits(_ value: JSON, _ type: String) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("integer", .integer),
            ("number", .integer), ("number", .number):
            true
        default: false
        }
    }

    private func text(_ value: JSON) -> String { if case .string(let text) = value { text } else { "" } }
    private func number(_ value: JSON) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }
}

/// YAML as an editor sees it: plain words are numbers and truth values where YAML 1.2 takes them for such.
private func json(_ node: Node) -> JSON {
    switch node {
    case .mapping(let mapping): .object(mapping.map { ($0.key.string ?? "", json($0.value)) })
    case .sequence(let sequence): .array(sequence.map(json))
    case .alias: .null
    case .scalar(let scalar) where scalar.style == .plain:
        switch scalar.string {
        case "true": true
        case "false": false
        default:
            scalar.string.hasPrefix("+")
                ? .string(scalar.string)
                : Int(scalar.string).map { .integer($0) } ?? Double(scalar.string).map { .number($0) }
                    ?? .string(scalar.string)
        }
    case .scalar(let scalar): .string(scalar.string)
    }
}

private func complaints(_ yaml: String) throws -> [String] {
    SchemaValidator().complaints(json(try #require(try Yams.compose(yaml: yaml))), StudyFile.schema())
}

private let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

@Suite("Schema and reference of the study file") struct StudySchemaTests {
    @Test("the examples, the built-in studies and their resolved forms fit the schema")
    func examples() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: root + "/examples")
            .filter { $0.hasSuffix(".yaml") }
        #expect(names.count >= 4)
        for path in names.map({ root + "/examples/" + $0 }) + [BuiltInStudy.path("planted/study.yaml")] {
            #expect(try complaints(Input.text(path)) == [], "\(path)")
            #expect(try complaints(StudyFile.read(path).resolved()) == [], "\(path), resolved")
        }
        for study in StudyFile.BuiltIn.allCases {
            #expect(try complaints(StudyFile.builtIn(study).resolved()) == [])
        }
    }

    @Test(
        "what the reader refuses, the schema refuses",
        arguments: [
            "optimizer: {learning-rat: 1}", "optimizer: {steps: 0}", "optimizer: {steps: 10000001}",
            "optimizer: {steps: many}", "optimizer: {clip: 0}", "guard: {data: g.txt, perplexity: 10}",
            "guard: {perplexity: +5%}", "why: {patching: maybe}", "why: {ladders: true}", "objective: {method: nop}",
            "retain: {data: r.txt, lines: 3}", "optimiser: {}", "seeds: [-1]",
        ])
    func refusals(line: String) throws {
        let study = """
            model: m
            forget: {domain: gender, data: f.csv, where: {label: hate, target: {member: wom}}}
            evaluate: {crows-pairs: p.csv}
            why: none
            """
        #expect(try complaints(study) == [])
        let key = try #require(line.split(separator: ":").first)
        let text =
            study.split(separator: "\n").filter { !$0.hasPrefix(key + ":") }.joined(separator: "\n") + "\n" + line
        #expect(try !complaints(text).isEmpty)
        #expect(throws: InputError.self) { try StudyFile.parse(text, file: "s", folder: "/") }
    }

    @Test("a forget set without data, no benchmark and two sources of harmful words do not fit")
    func required() throws {
        #expect(try !complaints("model: m\nforget: {domain: gender}\nevaluate: {crows-pairs: p}").isEmpty)
        #expect(try !complaints("model: m\nforget: {domain: gender, data: f}\nevaluate: {pairs: 3}").isEmpty)
        let two = "harmful: {lexicon: l, column: c}"
        #expect(try !complaints("model: m\nforget: {domain: g, data: f, \(two)}\nevaluate: {crows-pairs: p}").isEmpty)
        #expect(try complaints("model: m\nforget: {domain: g, data: f}\nevaluate: {crows-pairs: [p, q]}") == [])
    }

    @Test("docs/study-file.md holds the reference as `driftscope schema --markdown` prints it")
    func reference() throws {
        let page = try Input.text(root + "/docs/study-file.md")
        let parts = page.components(separatedBy: "<!-- keys -->\n")
        try #require(parts.count == 3)
        #expect(parts[1] == StudyFile.reference())
    }
}
