# hakmem-config.cmake: find_package(hakmem) gives two targets; link one of them.
#   hakmem::hakmem  the shared library
#   hakmem::static  the allocator as part of the program, which may be linked with -static
# Both make the linker take hakmem even if the program itself does not call malloc.
# hakmem_PROFILE is the profile.

get_filename_component(_hakmem_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(hakmem_PROFILE "@profile@")

if(NOT TARGET hakmem::hakmem)
  set(THREADS_PREFER_PTHREAD_FLAG ON)
  include(CMakeFindDependencyMacro)
  find_dependency(Threads)

  add_library(hakmem::hakmem SHARED IMPORTED)
  set_target_properties(hakmem::hakmem PROPERTIES
    IMPORTED_LOCATION "${_hakmem_prefix}/lib/@soname@"
    IMPORTED_SONAME "@soname@"
    INTERFACE_INCLUDE_DIRECTORIES "${_hakmem_prefix}/include"
    INTERFACE_LINK_OPTIONS
      "LINKER:--push-state,--no-as-needed;${_hakmem_prefix}/lib/@soname@;LINKER:--pop-state")

  add_library(hakmem::static STATIC IMPORTED)
  set_target_properties(hakmem::static PROPERTIES
    IMPORTED_LOCATION "${_hakmem_prefix}/lib/libhakmem.a"
    INTERFACE_INCLUDE_DIRECTORIES "${_hakmem_prefix}/include"
    INTERFACE_LINK_OPTIONS "LINKER:-u,hak_malloc"
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()

unset(_hakmem_prefix)
