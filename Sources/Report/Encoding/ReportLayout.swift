/// Where a property stands in report.json, when that is not its own name in snake case.
enum ReportKey: Sendable, ExpressibleByStringLiteral {
    /// At this path below its owner; empty for its owner's own level.
    case path(String)
    /// The ends of an interval, as `lower` and `upper` below this path; both null where there is no interval.
    case ends(String)
    /// Nowhere: it is part of the owner's path, or of use to the analysis alone.
    case hidden

    init(stringLiteral value: String) { self = .path(value) }

    /// Where the property's parts stand below its owner; nil when it stands nowhere.
    var path: String? {
        switch self {
        case .path(let path), .ends(let path): path
        case .hidden: nil
        }
    }
}

/// Properties of a type with their places in report.json.
typealias ReportKeys<Owner> = KeyValuePairs<PartialKeyPath<Owner>, ReportKey>

/// A type of which some properties stand elsewhere in report.json than under their names.
///
/// A computed property listed here is printed too; others are not.
protocol ReportLayout {
    /// Properties with their places; every other stored property stands under its name in snake case.
    static var layout: ReportKeys<Self> { get }
}

/// A row that is found by its names: a list of such rows is an object in report.json, with the slugs as keys.
protocol ReportRow: ReportLayout {
    /// Its names, from the outermost key to the innermost; every row of a list has as many.
    var reportNames: [String] { get }
    /// Whether no rows mean that nothing was computed: null then, so that a gate on a row is skipped and not mistaken.
    static var isNullWhenEmpty: Bool { get }
}

extension ReportRow {
    static var layout: ReportKeys<Self> { [:] }
    static var isNullWhenEmpty: Bool { false }
}

/// A row of attribution: no rows mean that nothing was computed.
protocol AttributionRow: ReportRow {}

extension AttributionRow {
    static var isNullWhenEmpty: Bool { true }
}

/// A row that is found by its domain.
protocol DomainRow: ReportRow {
    var domain: String { get }
}

extension DomainRow {
    var reportNames: [String] { [domain] }
}

/// The properties of one type with their places in report.json.
struct ReportFields {
    /// Places of the stored properties, in declared order.
    let stored: [ReportKey]
    /// Place in ``stored`` by the offset of a property in memory.
    private let places: [Int: Int]
    /// Computed properties that are printed.
    let computed: [(property: AnyKeyPath, key: ReportKey)]

    /// Reads the names off a value, and checks that the offsets by which key paths are told apart are those of the type.
    init<Value>(of value: Value) {
        var labels: [String] = []
        var places: [Int: Int] = [:]
        var end = 0
        for child in Mirror(reflecting: value).children {
            let size = ReportFields.size(of: child.value)
            let start = (end + size.alignment - 1) / size.alignment * size.alignment
            places[start] = labels.count
            labels.append(child.label ?? "")
            end = start + size.size
        }
        precondition(
            end == MemoryLayout<Value>.size && places.count == labels.count,
            "the properties of \(Value.self) do not lie one after another")
        var stored = labels.map { ReportKey.path(ReportFields.snakeCase($0)) }
        var computed: [(AnyKeyPath, ReportKey)] = []
        let placed = (Value.self as? any ReportLayout.Type).map { ReportFields.layout(of: $0) } ?? []
        for (offset, property, key) in placed {
            if let place = offset.flatMap({ places[$0] }) {
                stored[place] = key
            } else {
                computed.append((property, key))
            }
        }
        (self.stored, self.places, self.computed) = (stored, places, computed)
    }

    /// The place of a property; nil when it stands nowhere in report.json.
    func key<Value>(of property: PartialKeyPath<Value>) -> ReportKey? {
        if let place = MemoryLayout<Value>.offset(of: property).flatMap({ places[$0] }) { return stored[place] }
        return computed.first { $0.property == property }?.key
    }

    private static func size<Part>(of part: Part) -> (size: Int, alignment: Int) {
        (MemoryLayout<Part>.size, MemoryLayout<Part>.alignment)
    }

    private static func layout<Owner: ReportLayout>(
        of type: Owner.Type
    ) -> [(offset: Int?, property: AnyKeyPath, key: ReportKey)] {
        type.layout.map { (MemoryLayout<Owner>.offset(of: $0.key), $0.key, $0.value) }
    }

    /// A property's name as a key: `worstKLError` is `worst_kl_error`.
    static func snakeCase(_ name: String) -> String {
        name.replacing(/([^A-Z])([A-Z])/) { "\($0.1)_\($0.2)" }
            .replacing(/([A-Z])([A-Z][a-z])/) { "\($0.1)_\($0.2)" }.lowercased()
    }
}
