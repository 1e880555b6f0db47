import FileSupport
import LinearAlgebra
import Testing

@Suite("Reading delimited text")
struct CSVReadTests {
    @Test("quoted cells keep delimiters, line ends and doubled quotes; control characters stay")
    func torture() throws {
        let text =
            "\u{FEFF}id,text,label\r\n"
            + "1,\"two\nlines, one cell\",a\r\n"
            + "2,\"CRLF\r\ninside\",b\n"
            + "\n"
            + "3,\"she said \"\"no\"\"\",\"\"\r\n"
            + "4,lone\rreturn \u{1} \u{1b}[0m,5\" wide\r\n"
            + "5,  spaces stay , last"
        let table = try CSVTable.parse(Array(text.utf8), place: "x.csv")
        #expect(table.header == ["id", "text", "label"])
        #expect(
            table.records == [
                CSVRecord(line: 2, fields: ["1", "two\nlines, one cell", "a"]),
                CSVRecord(line: 4, fields: ["2", "CRLF\r\ninside", "b"]),
                CSVRecord(line: 7, fields: ["3", "she said \"no\"", ""]),
                CSVRecord(line: 8, fields: ["4", "lone\rreturn \u{1} \u{1b}[0m", "5\" wide"]),
                CSVRecord(line: 9, fields: ["5", "  spaces stay ", " last"]),
            ])
    }

    @Test(
        "the end of the file closes the last row",
        arguments: [
            ("a,b\n1,2", ["1", "2"]), ("a,b\n1,\"2\"", ["1", "2"]), ("a,b\n1,", ["1", ""]), ("a,b\n,", ["", ""]),
            ("a,b\n1,2\r", ["1", "2"]), ("a\n\"\"", [""]), ("\"a\",b\n1,2\n\n\n", ["1", "2"]),
        ])
    func lastRow(text: String, fields: [String]) throws {
        let table = try CSVTable.parse(Array(text.utf8), place: "x.csv")
        #expect(table.records.map(\.fields) == [fields])
    }

    @Test("bytes may come in pieces of any size", arguments: [1, 2, 3, 5, 64])
    func pieces(size: Int) throws {
        let bytes = Array("\u{FEFF}\"h\"\"1\",h2\r\nä,\"β\r\nγ\"\r\n\"\",\"x\"\r\n\u{FEFF}z,\r\r\n".utf8)
        var rows: [CSVRecord] = []
        var parser = CSVParser(place: "x.csv")
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(start + size, bytes.count)].withUnsafeBufferPointer { piece in
                try parser.consume(piece) { rows.append($0) }
            }
        }
        try parser.finish { rows.append($0) }
        #expect(
            rows.map(\.fields) == [["h\"1", "h2"], ["ä", "β\r\nγ"], ["", "x"], ["\u{FEFF}z", "\r"]])
        #expect(rows.map(\.line) == [1, 2, 4, 5])
    }

    @Test("what the writer writes is read back cell for cell")
    func roundTrip() throws {
        let alphabet = ["a", "\"", ",", "\n", "\r", "\r\n", "\t", " ", "é", "😀", "\u{FEFF}", "\u{1}", ""]
        var stream = RandomStream(seed: 3)
        for delimiter in [UInt8(ascii: ","), UInt8(ascii: "\t")] {
            for columns in 1...4 {
                func row() -> [String] {
                    (0..<columns).map { _ in
                        (0..<stream.index(below: 5)).map { _ in alphabet[stream.index(below: alphabet.count)] }.joined()
                    }
                }
                let rows = (0..<200).map { _ in row() }
                var writer = CSVWriter(header: rows[0], delimiter: delimiter)
                for row in rows.dropFirst() { writer.append(row) }
                let table = try CSVTable.parse(writer.bytes, place: "x.csv", delimiter: delimiter)
                #expect([table.header] + table.records.map(\.fields) == rows)
            }
        }
    }

    @Test(
        "a broken file is refused with its line",
        arguments: [
            (Array("a,b\n1,2\n1,2,3\n".utf8), "3 cells where the header has 2 - x.csv line 3"),
            (Array("a,b\n1\n".utf8), "1 cells where the header has 2 - x.csv line 2"),
            (Array("a,b\n1,\"2\n3,4\n".utf8), "a quote that is never closed - x.csv line 2"),
            (Array("a,b\n1,\"2\"3\n".utf8), "text after a closing quote - x.csv line 2"),
            (Array("".utf8), "the file is empty - x.csv"),
            (Array("\u{FEFF}\n".utf8), "the file is empty - x.csv"),
            (Array("a,b\nok,".utf8) + [0xC3, 0x28], "invalid UTF-8 at byte 7 (0xC3, `Ã` in Latin-1) - x.csv line 2"),
            (
                Array("a\n\"x\"\"\n".utf8) + [0xFF, 0x22],
                "invalid UTF-8 at byte 7 (0xFF, `ÿ` in Latin-1) - x.csv line 3"
            ),
        ] as [([UInt8], String)])
    func broken(bytes: [UInt8], message: String) throws {
        let error = #expect(throws: InputError.self) { try CSVTable.parse(bytes, place: "x.csv") }
        #expect(error?.description.hasPrefix(message + " - ") == true, "\(error?.description ?? "")")
    }

    @Test("a missing column names the nearest one")
    func missingColumn() throws {
        let table = try CSVTable.parse(Array("text,sent_more,text\n".utf8), place: "x.csv")
        let error = #expect(throws: InputError.self) { try table.column("sent_mroe") }
        #expect(error?.description.contains("no column `sent_mroe` - x.csv - did you mean `sent_more`?") == true)
        #expect(throws: InputError.self) { try table.column("text") }
        #expect(try table.column("sent_more") == 1)
        #expect(try table.columnIfPresent("label") == nil)
    }

    @Test("the nearest name is the one with the fewest edits, or none when all are far")
    func nearest() {
        #expect(NearestName.of("optimiser", among: ["objective", "optimizer", "parameters"]) == "optimizer")
        #expect(NearestName.of("Text", among: ["test", "text"]) == "text")
        #expect(NearestName.of("ab", among: ["ba"]) == "ba")
        #expect(NearestName.of("xyz", among: ["model", "seeds", ""]) == nil)
    }

    @Test("JSON lines give values with their lines, and a broken one is named")
    func jsonLines() throws {
        let values = try JSONLines.parse(Array("\u{FEFF}{\"a\": 1}\r\n\n {\"a\": 2}".utf8), place: "x.jsonl")
        #expect(values.map(\.line) == [1, 3])
        #expect(try values.map { try $0.value.member("a").int() } == [1, 2])
        let error = #expect(throws: InputError.self) {
            try JSONLines.parse(Array("{}\n{\"a\": }\n".utf8), place: "x.jsonl")
        }
        #expect(error?.description.contains("x.jsonl line 2") == true)
    }
}
