/// A descriptor with several owners, closed with the last of them: for values that are copied.
public final class SharedDescriptor: Sendable {
    private let descriptor: Descriptor

    /// Takes over a descriptor.
    public init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// The number, valid as long as this object lives.
    public var number: Int32 { descriptor.number }
}
